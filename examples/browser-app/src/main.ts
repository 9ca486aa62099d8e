import type { Backbone, Classifier } from 'resnet-heads';
import { aboutDownload, isPublished, MINI_SHAPE, ownBackbone, shapeOf } from './backbone.js';
import { showRuntime, startBackend } from './backend.js';
import { type Choice, chooseBase, ChoiceView, preprocessingChosen, readChoice } from './choice.js';
import { Classes } from './classes.js';
import type { BaseShape } from './cost.js';
import { alert, announce, find, messageOf } from './dom.js';
import { ignoreStrayDrops, onFiles, pasteInto } from './intake.js';
import { Keeper } from './kept/keeper.js';
import { openClassifier, openFiles } from './open.js';
import { offerReport } from './report.js';
import { downloadClassifier, offerSave } from './save.js';
import { TrainView } from './train-view.js';
import { TryView } from './try-view.js';

const asked = new URLSearchParams(location.search);
/** A zip, or the files in it. */
const SAVED = '.zip,.json,.bin,.onnx,.safetensors';
const baseAlert = find('base-alert', HTMLElement);

let own: Backbone | undefined;
let ownShape: BaseShape | undefined;
let classifier: Classifier | undefined;
/** The classifier's backbone if it was trained here; that of an opened one is the classifier's to dispose. */
let used: Backbone | undefined;
/** The project that the classifier belongs to. */
let project: object | undefined;

const classes = new Classes(onChange);
const choiceView = new ChoiceView(onChange);
const trainView = new TrainView();
const tryView = new TryView(showRuntime);
const keeper = new Keeper({
  classes,
  hasBackbone: asked.has('base'),
  classifier: () => (project === classes.project ? classifier : undefined),
  open: async (files) => {
    const opened = await openFiles(files);
    adopt(opened.classifier, opened.isOnnx);
  },
});

function onChange(): void {
  showCost();
  keeper.changed();
}

function showCost(): void {
  const choice = readChoice();
  choiceView.show(choice, classes.all.length, choice && chosenShape(choice));
}

function chosenShape({ base, size }: Choice): BaseShape | undefined {
  if (base === 'mini') return MINI_SHAPE;
  return base === 'imagenet' ? { kind: 'resnet', inputSize: size } : ownShape;
}

async function takeOwn(source: string | readonly File[]): Promise<void> {
  try {
    const taken = await ownBackbone(source, preprocessingChosen());
    // The classifier may still use the previous backbone.
    if (own?.model !== used?.model) own?.dispose();
    own = taken;
    ownShape = await shapeOf(taken);
    alert(baseAlert);
    const [height, width] = taken.inputSize;
    const name = typeof source === 'string' ? source : 'the chosen files';
    find('own-name', HTMLElement).textContent =
      `${name}: ${taken.model.name}, picture size ${height} × ${width}.`;
    announce('The backbone is loaded.');
  } catch (error) {
    alert(baseAlert, messageOf(error));
  }
  showCost();
  showRuntime();
}

/** The chosen backbone, if it is already loaded. */
function readyFor({ base, size }: Choice): Backbone | undefined {
  if (base === 'own') return own && { ...own, preprocessing: preprocessingChosen() };
  return used !== undefined && isPublished(used, base, size) ? used : undefined;
}

async function train(): Promise<void> {
  const choice = readChoice();
  const epochs = find('epochs', HTMLInputElement);
  const problem =
    classes.problem() ??
    (choice === undefined
      ? {
          text: 'Hidden units: enter a whole number from 1 to 8,192.',
          at: find('hidden-field', HTMLElement),
        }
      : choice.base === 'own' && own === undefined
        ? { text: 'Choose the backbone’s files first.', at: find('own-choose', HTMLElement) }
        : !epochs.checkValidity()
          ? { text: 'Epochs: enter a whole number from 1 to 500.', at: epochs }
          : undefined);
  if (problem !== undefined || choice === undefined) {
    trainView.complain(problem?.text ?? '');
    problem?.at.focus();
    return;
  }
  const ready = readyFor(choice);
  tryView.rest();
  const order = { choice, classes: [...classes.all], epochs: epochs.valueAsNumber, ready };
  const next = await trainView.train(order);
  if (next !== undefined) {
    const { backbone } = next;
    adopt(next, backbone.onnx !== undefined, backbone);
  }
  showRuntime();
}

/** Replaces the classifier, and disposes what only the previous one used. */
function adopt(next: Classifier, isOnnx: boolean, backbone?: Backbone): void {
  classifier?.dispose();
  if (used?.model !== backbone?.model && used?.model !== own?.model) used?.dispose();
  [classifier, used, project] = [next, backbone, classes.project];
  tryView.use(next);
  keeper.changed();
  const lesson = backbone && trainView.lesson;
  offerSave({ classifier: next, isOnnx, lesson });
  offerReport(next, lesson);
}

async function openSaved(files: readonly File[]): Promise<void> {
  const tryAlert = find('try-alert', HTMLElement);
  try {
    const opened = await openClassifier(files);
    alert(tryAlert);
    adopt(opened.classifier, opened.isOnnx);
    announce('The classifier is opened.');
  } catch (error) {
    alert(tryAlert, messageOf(error));
  }
  showRuntime();
}

find('start', HTMLButtonElement).addEventListener('click', () => {
  void train();
});
find('go-mini', HTMLButtonElement).addEventListener('click', () => {
  chooseBase('mini');
  void train();
});
find('anew', HTMLButtonElement).addEventListener('click', () => {
  keeper.startAnew();
});
find('epochs', HTMLInputElement).addEventListener('input', onChange);
find('save', HTMLButtonElement).addEventListener('click', () => {
  const tryAlert = find('try-alert', HTMLElement);
  alert(tryAlert);
  downloadClassifier().catch((error: unknown) => {
    alert(tryAlert, messageOf(error));
  });
});
onFiles(find('open', HTMLButtonElement), { accept: SAVED, multiple: true }, (files) => {
  if (files.length > 0) void openSaved(files);
});
onFiles(
  find('own-choose', HTMLButtonElement),
  { accept: '.json,.bin,.onnx', multiple: true },
  (files) => {
    if (files.length > 0) void takeOwn(files);
  },
);

ignoreStrayDrops();
pasteInto(find('try-zone', HTMLElement));
find('download-size', HTMLElement).textContent = aboutDownload();
showCost();
const restored = keeper.start();
try {
  await startBackend(asked.get('backend'));
  await restored;
  await keeper.openClassifier();
  showRuntime();
  const address = asked.get('base');
  if (address !== null) {
    chooseBase('own', asked.get('preprocessing') ?? undefined);
    await takeOwn(address);
  }
} catch (error) {
  find('runtime', HTMLElement).textContent = 'TensorFlow.js could not be started.';
  alert(find('pictures-alert', HTMLElement), messageOf(error));
}
