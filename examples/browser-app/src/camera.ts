import { CameraView, cameraProblem, HIDDEN_PAGE, LOST_CAMERA, WAITING } from './camera-stream.js';
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
const takeButton = find('camera-take', HTMLButtonElement);
const count = find('camera-count', HTMLElement);

let current: Shoot | undefined;
let taken = 0;
let press: Press = { taken: 0 };

/** Opens the camera dialog; errors are shown in the alert area. */
export async function openCamera(shoot: Shoot): Promise<void> {
  alert(shoot.alertArea);
  current = shoot;
  taken = 0;
  count.textContent = WAITING;
  takeButton.disabled = true;
  find('camera-title', HTMLElement).textContent = shoot.title;
  dialog.showModal();
  status.tell(WAITING);
  try {
    const isOpen = await camera.open({
      onLost: () => {
        end(LOST_CAMERA);
      },
      onTaken: () => {
        end();
      },
    });
    if (!isOpen) return;
  } catch (error) {
    // Closed meanwhile: it is no longer wanted.
    if (current === shoot) end(cameraProblem(error));
    return;
  }
  count.textContent = 'No picture taken yet';
  takeButton.disabled = false;
  takeButton.focus();
}

/** Closes the dialog, and says why. */
function end(why?: string): void {
  const shoot = current;
  dialog.close();
  if (shoot !== undefined) alert(shoot.alertArea, why);
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden && dialog.open) end(HIDDEN_PAGE);
});

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

const stop = repeatWhileHeld(takeButton, take);
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
