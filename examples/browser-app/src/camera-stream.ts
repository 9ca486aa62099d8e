import { messageOf } from './dom.js';

/** A message that says why the camera can't be used, and what to do. */
export function cameraProblem(error: unknown): string {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError')
    return 'Access to the camera was denied. Allow it for this page in the browser’s settings, or choose files instead.';
  if (name === 'NotFoundError') return 'No camera was found. Choose files instead.';
  return `The camera could not be started: ${messageOf(error)}. Choose files instead.`;
}

export const LOST_CAMERA =
  'The camera was disconnected. Connect it and start it again, or choose files instead.';

export const HIDDEN_PAGE = 'The camera was switched off when the page was hidden.';
export const WAITING = 'Waiting for the camera …';

/** What a view does when it has to let the camera go. */
export interface CameraEnd {
  /** The camera was disconnected, or its use was forbidden. */
  readonly onLost: () => void;
  /** Another view takes it. */
  readonly onTaken: () => void;
}

/** Of the view that uses the camera, or waits for it. */
let endOfOther: { readonly view: CameraView; readonly onTaken: () => void } | undefined;

/** The camera's pictures in a video element; one use at a time. */
export class CameraView {
  private stream: MediaStream | undefined;
  /** Distinguishes a start from those that came after it. */
  private start: object = {};

  constructor(readonly video: HTMLVideoElement) {}

  /**
   * Starts the camera, which another view then has to let go.
   *
   * @param end called before `close`
   * @returns whether it runs: not if it was closed meanwhile
   * @throws an error for {@link cameraProblem}
   */
  async open({ onLost, onTaken }: CameraEnd): Promise<boolean> {
    this.close();
    endOfOther?.onTaken();
    endOfOther = { view: this, onTaken };
    const { start } = this;
    const stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: 'environment' },
    });
    if (start !== this.start) {
      for (const track of stream.getTracks()) track.stop();
      return false;
    }
    this.stream = stream;
    for (const track of stream.getTracks()) track.addEventListener('ended', onLost);
    this.video.srcObject = stream;
    // Rejects if the camera is closed meanwhile.
    await this.video.play().catch(() => undefined);
    return start === this.start;
  }

  /** Whether there is an image from the camera. */
  get hasImage(): boolean {
    return this.stream?.active === true && this.video.videoWidth > 0;
  }

  /** Lets the camera go. The track's `ended` is only for what the page didn't do. */
  close(): void {
    this.start = {};
    if (endOfOther?.view === this) endOfOther = undefined;
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = undefined;
    this.video.srcObject = null;
  }
}
