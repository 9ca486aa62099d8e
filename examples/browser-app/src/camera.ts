import { CameraView, cameraProblem, LOST_CAMERA } from './camera-stream.js';
import { alert, find } from './dom.js';
import { repeatWhileHeld } from './hold.js';
import { counted } from './numbers.js';
import { cutPicture, type Picture } from './pictures.js';
import { Sparingly } from './sparingly.js';

export interface Shoot {
  readonly title: string;
  readonly alertArea: HTMLElement;
  /** @param press the same for all pictures of one press of the button */
  readonly onPicture: (picture: Picture, press: Press) => void;
}

/** A press of the button. */
export interface Press {
  /** How many pictures were taken so far. */
  taken: number;
}

const dialog = find('camera', HTMLDialogElement);
const camera = new CameraView(find('camera-view', HTMLVideoElement));
const status = new Sparingly(find('camera-status', HTMLElement));
const count = find('camera-count', HTMLElement);

let current: Shoot | undefined;
let taken = 0;
let press: Press = { taken: 0 };

/** Opens the camera dialog; errors are shown in the alert area. */
export async function openCamera(shoot: Shoot): Promise<void> {
  try {
    const isOpen = await camera.open(() => {
      dialog.close();
      alert(shoot.alertArea, LOST_CAMERA);
    });
    if (!isOpen) return;
  } catch (error) {
    alert(shoot.alertArea, cameraProblem(error));
    return;
  }
  alert(shoot.alertArea);
  current = shoot;
  taken = 0;
  count.textContent = 'No picture taken yet';
  find('camera-title', HTMLElement).textContent = shoot.title;
  dialog.showModal();
}

function take(isFirst: boolean): void {
  if (isFirst) press = { taken: 0 };
  if (current === undefined || !camera.hasImage) return;
  taken += 1;
  press.taken += 1;
  const { video } = camera;
  const name = `picture ${taken} from the camera`;
  current.onPicture(cutPicture(video, video.videoWidth, video.videoHeight, name), press);
  count.textContent = `${counted(taken, 'picture')} taken`;
  status.tell(count.textContent);
}

const stop = repeatWhileHeld(find('camera-take', HTMLButtonElement), take);
find('camera-close', HTMLButtonElement).addEventListener('click', () => {
  dialog.close();
});
// Also when Escape closes the dialog.
dialog.addEventListener('close', () => {
  stop();
  status.end();
  camera.close();
  current = undefined;
});
