import { alert, element } from './dom.js';
import { type Picture, readPictures, refusal } from './pictures.js';

export interface Intake {
  /** Where pictures may be dropped. */
  readonly zone: HTMLElement;
  /** Opens the file picker. */
  readonly button: HTMLButtonElement;
  readonly alertArea: HTMLElement;
  readonly multiple: boolean;
  readonly onPictures: (pictures: readonly Picture[]) => void;
}

/** Takes pictures by drag and drop and by the file picker. */
export function connectIntake({ zone, button, alertArea, multiple, onPictures }: Intake): void {
  const take = async (files: readonly File[]) => {
    if (files.length === 0) return;
    const { pictures, refused } = await readPictures(multiple ? files : files.slice(0, 1));
    alert(alertArea, refused.length > 0 ? refusal(refused) : '');
    if (pictures.length > 0) onPictures(pictures);
  };
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
    void take([...(dataTransfer?.files ?? [])]);
  });
}

/** Opens the file picker by a button, which says better than the browser's own what it is for. */
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

/** A picture dropped beside a zone would else replace the page, and all that is in it. */
export function ignoreStrayDrops(): void {
  for (const event of ['dragover', 'drop']) {
    window.addEventListener(event, (dropped) => {
      dropped.preventDefault();
    });
  }
}
