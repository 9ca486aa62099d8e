import type { Backbone } from 'resnet-heads';
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
import { downloadClassifier, offerSave, type Saveable } from './save.js';
import { type Trained, TrainView } from './train-view.js';
import { TryView } from './try-view.js';

const asked = new URLSearchParams(location.search);
/** A zip, or the files in it. */
const SAVED = '.zip,.json,.bin,.onnx,.safetensors';
const epochsField = find('epochs', HTMLInputElement);
const baseAlert = find('base-alert', HTMLElement);

let own: Backbone | undefined;
let ownShape: BaseShape | undefined;
/** A classifier that was trained or opened. */
interface Active extends Saveable {
  /** If it was trained here; that of an opened one is the classifier's to dispose. */
  readonly backbone?: Backbone;
  readonly course?: Trained['course'];
  /** The project that it belongs to. */
  readonly project: object;
}
let active: Active | undefined;
/** What training complains of, until it is mended. */
let complaint: string | undefined;

const classes = new Classes(onChange);
const choiceView = new ChoiceView(onChange);
const trainView = new TrainView();
const tryView = new TryView(showRuntime);
const keeper = new Keeper({
  classes,
  hasBackbone: asked.has('base'),
  current: () => current(),
  open: async (files, lesson) => {
    adopt({ ...(await openFiles(files)), lesson });
  },
});
let shown = classes.project;

function onChange(): void {
  if (shown !== classes.project) {
    shown = classes.project;
    trainView.abandon();
    present();
  }
  showCost();
  keeper.changed();
}

/** The classifier of the project that the page shows. */
const current = (): Active | undefined =>
  active?.project === classes.project ? active : undefined;

/** Shows what belongs to the project's classifier, or that there is none. */
function present(): void {
  const used = current();
  if (used === undefined) tryView.clear();
  else tryView.use(used.classifier);
  trainView.show(used?.course);
  offerSave(used);
  offerReport(used?.classifier, used?.lesson);
}

function showCost(): void {
  if (complaint !== undefined && complaint !== problem(readChoice())?.text) {
    complaint = undefined;
    trainView.complain('');
  }
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
    if (own?.model !== active?.backbone?.model) own?.dispose();
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
  const used = active?.backbone;
  return used !== undefined && isPublished(used, base, size) ? used : undefined;
}

/** What has to be corrected before training, and the field to focus. */
const problem = (choice: Choice | undefined) =>
  classes.problem() ??
  (choice === undefined
    ? {
        text: 'Hidden units: enter a whole number from 1 to 8,192.',
        at: find('hidden-field', HTMLElement),
      }
    : choice.base === 'own' && own === undefined
      ? { text: 'Choose the backbone’s files first.', at: find('own-choose', HTMLElement) }
      : !epochsField.checkValidity()
        ? { text: 'Epochs: enter a whole number from 1 to 500.', at: epochsField }
        : undefined);

async function train(): Promise<void> {
  const choice = readChoice();
  const wrong = problem(choice);
  complaint = wrong?.text;
  if (wrong !== undefined || choice === undefined) {
    trainView.complain(wrong?.text ?? '');
    wrong?.at.focus();
    return;
  }
  const ready = readyFor(choice);
  tryView.rest();
  const order = { choice, classes: [...classes.all], epochs: epochsField.valueAsNumber, ready };
  const next = await trainView.train(order);
  if (next !== undefined) {
    const { backbone } = next.classifier;
    adopt({ ...next, isOnnx: backbone.onnx !== undefined, backbone });
  }
  showRuntime();
}

/** Replaces the classifier, and disposes what only the previous one used. */
function adopt(next: Omit<Active, 'project'>): void {
  const used = active?.backbone;
  active?.classifier.dispose();
  if (used?.model !== next.backbone?.model && used?.model !== own?.model) used?.dispose();
  active = { ...next, project: classes.project };
  present();
  keeper.changed();
}

async function openSaved(files: readonly File[]): Promise<void> {
  const tryAlert = find('try-alert', HTMLElement);
  const { project } = classes;
  try {
    const opened = await openClassifier(files);
    if (project !== classes.project) {
      opened.classifier.dispose();
      return;
    }
    adopt({ ...opened, lesson: 'opened' });
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
epochsField.addEventListener('input', onChange);
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
  alert(find('start-alert', HTMLElement), messageOf(error));
}
