import { alert, find, messageOf } from './dom.js';
import { counted } from './numbers.js';
import { cutPicture, type Picture } from './pictures.js';

export interface Shoot {
  readonly title: string;
  /** Closes after the first picture. */
  readonly single: boolean;
  readonly alertArea: HTMLElement;
  readonly onPicture: (picture: Picture) => void;
}

const dialog = find('camera', HTMLDialogElement);
const view = find('camera-view', HTMLVideoElement);
const take = find('camera-take', HTMLButtonElement);
const status = find('camera-status', HTMLElement);

let current: Shoot | undefined;
let taken = 0;

/** A message that says why the camera can't be used, and what to do. */
function reason(error: unknown): string {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError')
    return 'Access to the camera was denied. Allow it for this page in the browser’s settings, or choose files instead.';
  if (name === 'NotFoundError') return 'No camera was found. Choose files instead.';
  return `The camera could not be started: ${messageOf(error)}. Choose files instead.`;
}

/** Opens the camera dialog; errors are shown in the alert area. */
export async function openCamera(shoot: Shoot): Promise<void> {
  try {
    view.srcObject = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: 'environment' },
    });
  } catch (error) {
    alert(shoot.alertArea, reason(error));
    return;
  }
  alert(shoot.alertArea);
  current = shoot;
  taken = 0;
  status.textContent = '';
  find('camera-title', HTMLElement).textContent = shoot.title;
  dialog.showModal();
  await view.play();
}

take.addEventListener('click', () => {
  // There is no image from the camera yet.
  if (current === undefined || view.videoWidth === 0) return;
  taken += 1;
  current.onPicture(
    cutPicture(view, view.videoWidth, view.videoHeight, `picture ${taken} from the camera`),
  );
  status.textContent = `${counted(taken, 'picture')} taken`;
  if (current.single) dialog.close();
});
find('camera-close', HTMLButtonElement).addEventListener('click', () => {
  dialog.close();
});
// Also when Escape closes the dialog.
dialog.addEventListener('close', () => {
  const stream = view.srcObject;
  if (stream instanceof MediaStream) for (const track of stream.getTracks()) track.stop();
  view.srcObject = null;
  current = undefined;
});
