import type { Preprocessing } from 'resnet-heads';
import { showRuntime, startBackend } from './backend.js';
import { aboutDownload, type Base, type OwnBase, ownBase } from './base.js';
import { chooseBase, ChoiceView, preprocessingChosen, readChoice } from './choice.js';
import { Classes } from './classes.js';
import type { BaseShape } from './cost.js';
import { alert, announce, find, messageOf } from './dom.js';
import { ignoreStrayDrops, onFiles } from './intake.js';
import { downloadClassifier } from './save.js';
import { TrainView } from './train-view.js';
import type { Learnt } from './training.js';
import { TryView } from './try-view.js';

const asked = new URLSearchParams(location.search);
const baseAlert = find('base-alert', HTMLElement);

let own: OwnBase | undefined;
let learnt: Learnt | undefined;

const classes = new Classes(showCost);
const choiceView = new ChoiceView(showCost);
const trainView = new TrainView();
const tryView = new TryView(showRuntime);

function showCost(): void {
  const choice = readChoice();
  const shape: BaseShape | undefined =
    choice?.base === 'own' ? own?.shape : { kind: 'resnet', inputSize: choice?.size ?? 0 };
  choiceView.show(choice, classes.all.length, shape);
}

/** The own base, as it was asked to be looked through. */
function ownAsBase({ model, inputSize, name }: OwnBase): Base {
  const preprocessing = preprocessingChosen() as Preprocessing;
  return { model, inputSize, preprocessing, key: `own/${name}` };
}

async function takeOwn(source: string | readonly File[]): Promise<void> {
  try {
    const taken = await ownBase(source);
    // What was learnt on the one before still stands on it.
    if (own !== undefined && own.model !== learnt?.base.model) own.model.dispose();
    own = taken;
    alert(baseAlert);
    const [height, width] = taken.inputSize;
    find('own-name', HTMLElement).textContent =
      `${taken.name}: ${taken.model.name}, pictures of ${height} × ${width}.`;
    announce('The base is loaded.');
  } catch (error) {
    alert(baseAlert, messageOf(error));
  }
  showCost();
  showRuntime();
}

async function train(): Promise<void> {
  const choice = readChoice();
  const epochs = find('epochs', HTMLInputElement);
  const problem =
    classes.problem() ??
    (choice === undefined
      ? {
          text: 'Hidden units: a whole number from 1 to 8,192.',
          at: find('hidden-field', HTMLElement),
        }
      : choice.base === 'own' && own === undefined
        ? { text: 'The base’s files are not chosen yet.', at: find('own-choose', HTMLElement) }
        : !epochs.checkValidity()
          ? { text: 'Epochs: a whole number from 1 to 500.', at: epochs }
          : undefined);
  if (problem !== undefined || choice === undefined) {
    trainView.complain(problem?.text ?? '');
    problem?.at.focus();
    return;
  }
  const key = `imagenet/${choice.size}`;
  const current = learnt?.base.key === key && choice.base === 'imagenet' ? learnt.base : undefined;
  const ready = choice.base === 'own' && own !== undefined ? ownAsBase(own) : current;
  const order = { choice, classes: [...classes.all], epochs: epochs.valueAsNumber, ready };
  const next = await trainView.train(order);
  if (next !== undefined) {
    const before = learnt;
    learnt = next;
    before?.dispose();
    const isLeft = before?.base.model !== next.base.model && before?.base.model !== own?.model;
    if (isLeft) before?.base.model.dispose();
    tryView.use(next);
  }
  showRuntime();
}

find('start', HTMLButtonElement).addEventListener('click', () => {
  void train();
});
find('go-random', HTMLButtonElement).addEventListener('click', () => {
  chooseBase('random');
  void train();
});
find('save', HTMLButtonElement).addEventListener('click', () => {
  if (learnt === undefined) return;
  downloadClassifier(learnt.classifier).catch((error: unknown) => {
    alert(find('try-alert', HTMLElement), messageOf(error));
  });
});
onFiles(
  find('own-choose', HTMLButtonElement),
  { accept: '.json,.bin', multiple: true },
  (files) => {
    if (files.length > 0) void takeOwn(files);
  },
);

ignoreStrayDrops();
find('download-size', HTMLElement).textContent = aboutDownload();
showCost();
try {
  await startBackend(asked.get('backend'));
  showRuntime();
  const address = asked.get('base');
  if (address !== null) {
    chooseBase('own', asked.get('preprocessing') ?? undefined);
    await takeOwn(address);
  }
} catch (error) {
  find('runtime', HTMLElement).textContent = 'TensorFlow.js does not start.';
  alert(find('pictures-alert', HTMLElement), messageOf(error));
}
