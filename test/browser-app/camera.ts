/**
 * Gives a page a camera that shows a canvas; it is refused unless the page may use a camera. Not every Chromium has a fake
 * camera of its own. Runs in the page, before the page's scripts.
 */
export function installCamera(): void {
  const [width, height, framesPerSecond] = [640, 480, 10];
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const { state } = await navigator.permissions.query({ name: 'camera' });
    if (state !== 'granted') throw new DOMException('Permission denied', 'NotAllowedError');
    if (!constraints?.video || constraints.audio)
      throw new TypeError('the camera: expected a request for video alone');
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d');
    const stream = canvas.captureStream(framesPerSecond);
    let frame = 0;
    const timer = setInterval(() => {
      if (context === null || !stream.active) {
        clearInterval(timer);
        return;
      }
      context.fillStyle = `hsl(${(frame++ * 20) % 360} 80% 50%)`;
      context.fillRect(0, 0, width, height);
    }, 1000 / framesPerSecond);
    return stream;
  };
}
