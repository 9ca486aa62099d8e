/** Five times a second. */
const EVERY_MS = 200;
/** A shorter press acts once. */
const DELAY_MS = 400;
/** The click of a press comes within this time of its end. A screen reader's click has no press. */
const CLICK_MS = 500;

/**
 * Repeats an act while a button is held by a pointer, the space bar or Enter; a short press acts once. Letting go, leaving the button
 * by keyboard or the window ends it.
 *
 * @param act gets whether the press has just begun
 * @returns ends the repetition
 */
export function repeatWhileHeld(
  button: HTMLButtonElement,
  act: (isFirst: boolean) => void,
): () => void {
  let isHeld = false;
  let releasedAt = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    isHeld = false;
    clearTimeout(timer);
  };
  const repeat = (isFirst: boolean) => {
    act(isFirst);
    // The act may have ended it.
    if (!isHeld) return;
    timer = setTimeout(
      () => {
        repeat(false);
      },
      isFirst ? DELAY_MS : EVERY_MS,
    );
  };
  const start = () => {
    if (isHeld) return;
    isHeld = true;
    repeat(true);
  };
  const isPress = ({ key }: KeyboardEvent) => key === ' ' || key === 'Enter';

  // If the dialog closes while a key is held, it would press the button that gets the focus.
  window.addEventListener('keydown', (event) => {
    if (event.repeat && isPress(event) && event.target instanceof HTMLButtonElement)
      event.preventDefault();
  });
  button.addEventListener('pointerdown', ({ button: which, isPrimary }) => {
    if (which === 0 && isPrimary) start();
  });
  button.addEventListener('keydown', (event) => {
    if (!isPress(event)) return;
    // Else the browser would make a click of it as well.
    event.preventDefault();
    if (!event.repeat) start();
  });
  button.addEventListener('keyup', (event) => {
    if (!isPress(event)) return;
    event.preventDefault();
    stop();
  });
  button.addEventListener('click', ({ timeStamp }) => {
    if (!isHeld && timeStamp - releasedAt > CLICK_MS) act(true);
  });
  // A long touch would open a menu.
  button.addEventListener('contextmenu', (event) => {
    event.preventDefault();
  });
  for (const event of ['pointerup', 'pointercancel'] as const) {
    window.addEventListener(event, ({ timeStamp }) => {
      releasedAt = timeStamp;
      stop();
    });
  }
  button.addEventListener('blur', stop);
  window.addEventListener('blur', stop);
  // While a mouse button is pressed, browsers go on reporting the pointer outside the window, as if it had not left.
  window.addEventListener('pointermove', ({ clientX: x, clientY: y }) => {
    if (x < 0 || y < 0 || x >= window.innerWidth || y >= window.innerHeight) stop();
  });
  document.documentElement.addEventListener('pointerleave', stop);
  document.addEventListener('visibilitychange', stop);
  return stop;
}
