import { alert, element, messageOf } from './dom.js';
import { droppedFiles } from './dropped.js';
import { type Picture, readPictures, refusal } from './pictures.js';

export interface Intake {
  /** Where pictures can be dropped. */
  readonly zone: HTMLElement;
  /** Opens the file picker. */
  readonly button: HTMLButtonElement;
  readonly alertArea: HTMLElement;
  readonly multiple: boolean;
  readonly onPictures: (pictures: readonly Picture[]) => void;
}

/** What each zone does with files. */
const takers = new Map<HTMLElement, (files: readonly File[]) => Promise<void>>();

/** Accepts pictures by drag and drop and from the file picker. */
export function connectIntake({ zone, button, alertArea, multiple, onPictures }: Intake): void {
  const take = async (files: readonly File[]) => {
    if (files.length === 0) return;
    const { pictures, refused } = await readPictures(multiple ? files : files.slice(0, 1));
    if (pictures.length > 0) onPictures(pictures);
    alert(alertArea, refused.length > 0 ? refusal(refused) : '');
  };
  takers.set(zone, take);
  onFiles(button, { accept: 'image/*', multiple }, (files) => {
    void take(files);
  });
  zone.addEventListener('dragover', () => {
    zone.classList.add('dragged-over');
  });
  for (const event of ['dragleave', 'drop']) {
    zone.addEventListener(event, () => {
      zone.classList.remove('dragged-over');
    });
  }
  zone.addEventListener('drop', ({ dataTransfer }) => {
    if (dataTransfer === null) return;
    const hasFolder = [...dataTransfer.items].some(
      (item) => item.webkitGetAsEntry()?.isDirectory === true,
    );
    droppedFiles(dataTransfer)
      .then((files) => {
        if (files.length === 0 && hasFolder) alert(alertArea, 'The folder has no pictures.');
        return take(files);
      })
      .catch((error: unknown) => {
        alert(alertArea, `What was dropped could not be read: ${messageOf(error)}.`);
      });
  });
}

/** Accepts pictures that are pasted anywhere on the page, as long as their zone is shown. */
export function pasteInto(zone: HTMLElement): void {
  document.addEventListener('paste', ({ clipboardData, target }) => {
    // Text from some programs comes with a picture of it.
    if (zone.hidden || target instanceof HTMLInputElement) return;
    void takers.get(zone)?.([...(clipboardData?.files ?? [])]);
  });
}

/** Opens the file picker from a button with a label of its own. */
export function onFiles(
  button: HTMLButtonElement,
  options: { readonly accept: string; readonly multiple: boolean },
  act: (files: readonly File[]) => void,
): void {
  const input = element('input', { type: 'file', ...options });
  input.addEventListener('change', () => {
    act([...(input.files ?? [])]);
    // So that the same file can be chosen again.
    input.value = '';
  });
  button.addEventListener('click', () => {
    input.click();
  });
}

/** Prevents the browser from opening a picture that was dropped outside a zone, which would replace the page. */
export function ignoreStrayDrops(): void {
  for (const event of ['dragover', 'drop']) {
    window.addEventListener(event, (dropped) => {
      dropped.preventDefault();
    });
  }
}
