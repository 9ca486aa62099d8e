import '../style/foundation.css';
import '../style/controls.css';
import '../style/sections.css';
import '../style/results.css';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import { loadClassifier, setOnnxRuntime } from 'resnet-heads';
import { alert, find, messageOf } from '../src/dom.js';
import { ignoreStrayDrops, pasteInto } from '../src/intake.js';
import { bytes } from '../src/numbers.js';
import { TryView } from '../src/try-view.js';

const NEEDS_SERVER =
  'This page needs a web server: browsers do not let a page that was opened as a file read the files beside it. Open a terminal in ' +
  'its folder, run “python3 -m http.server” or “npx serve”, and open the address that it prints, such as http://localhost:8000. ' +
  'Or copy the folder to a web server.';

const NO_CLASSIFIER =
  'The folder “classifier” is missing beside this page: unpack all of classifier-page.zip, and copy the folder together with the page.';

const state = find('state', HTMLElement);

const beside = (name: string): string => new URL(name, document.baseURI).href;

async function startOnnxRuntime(): Promise<void> {
  const ort = (await import(
    /* @vite-ignore */ beside('onnx.js')
  )) as typeof import('onnxruntime-web/wasm');
  ort.env.wasm.wasmPaths = { wasm: beside('onnxruntime.wasm') };
  ort.env.wasm.numThreads = 1;
  setOnnxRuntime(ort);
}

async function start(): Promise<void> {
  setWasmPaths(beside('./'));
  // Threads, on a cross-origin isolated page, hang in a minified script.
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (!(await tf.setBackend('wasm'))) {
    throw new Error(
      'WebAssembly could not be started: the files tfjs-backend-wasm*.wasm are missing beside this page, or the browser is too old.',
    );
  }
  if (document.documentElement.dataset['backbone'] === 'onnx') await startOnnxRuntime();
  // A server may answer without the file; what is damaged, `loadClassifier` tells.
  const found = await fetch(beside('classifier/metadata.json'));
  if (!found.ok) throw new Error(NO_CLASSIFIER);
  const classifier = await loadClassifier(beside('classifier/'), {
    onProgress: ({ done, total }) => {
      const of = total === undefined ? '' : ` of ${bytes(total)}`;
      state.textContent = `Loading the classifier: ${bytes(done)}${of}`;
    },
  });
  new TryView(() => undefined).use(classifier);
  ignoreStrayDrops();
  pasteInto(find('try-zone', HTMLElement));
  document.title = `Picture classifier: ${classifier.classes.join(', ')}`;
  find('try', HTMLElement).hidden = false;
  state.textContent = '';
}

// What the page shares with the app, but for training and saving.
for (const each of document.querySelectorAll('[data-app]')) each.remove();
(location.protocol === 'file:' ? Promise.reject(new Error(NEEDS_SERVER)) : start()).catch(
  (error: unknown) => {
    state.textContent = '';
    alert(find('start-alert', HTMLElement), messageOf(error));
  },
);
