import plainUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import simdUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import { strToU8, type Zippable, zipSync } from 'fflate';
import onnxUrl from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import type { Classifier, SaveOptions } from 'resnet-heads';

async function fetched(address: string): Promise<Response> {
  const response = await fetch(address);
  if (response.ok) return response;
  throw new Error(
    `${address}: expected a file of this app, got ${response.status}; reload the page`,
  );
}

const bytesAt = async (address: string) =>
  new Uint8Array(await (await fetched(address)).arrayBuffer());

/** How to open the page, for who unpacks it. */
const readme = (classes: readonly string[]): string =>
  [
    `A web page with a picture classifier. Its classes: ${classes.join(', ')}.`,
    'To open it, run "python3 -m http.server" or "npx serve" in this folder, then open the address that it prints, such as http://localhost:8000.',
    'To publish it, copy the folder to any web server; cameras need https. Opening index.html without a server does not work.',
    '',
    'It contains TensorFlow.js and resnet-heads, under the Apache License 2.0 (https://www.apache.org/licenses/LICENSE-2.0).',
    '',
  ].join('\n');

/** Makes a zip of a web page that classifies pictures with this classifier: static files, for any web server. */
export async function pageZip(
  classifier: Classifier,
  isOnnx: boolean,
  options: SaveOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const player = (await (
    await fetched(`${import.meta.env.BASE_URL}player.json`)
  ).json()) as Readonly<Record<string, string>>;
  const { 'index.html': html = '', 'onnx.js': onnx = '', ...others } = player;
  const texts = {
    ...others,
    'index.html': isOnnx ? html.replace('data-backbone="layers"', 'data-backbone="onnx"') : html,
    ...(isOnnx && { 'onnx.js': onnx }),
    'README.txt': readme(classifier.classes),
  };
  const files: Zippable = {
    'tfjs-backend-wasm.wasm': await bytesAt(plainUrl),
    'tfjs-backend-wasm-simd.wasm': await bytesAt(simdUrl),
    ...(isOnnx && { 'onnxruntime.wasm': await bytesAt(onnxUrl) }),
  };
  for (const [name, text] of Object.entries(texts)) files[name] = strToU8(text);
  for (const [name, content] of Object.entries(await classifier.files(options))) {
    // Compression would not make the weights smaller.
    files[`classifier/${name}`] = [content, { level: 0 }];
  }
  return Uint8Array.from(zipSync(files));
}
