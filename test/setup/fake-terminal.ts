import { Writable } from 'node:stream';

/** A terminal that keeps what is drawn on it, and tells of it. */
export function fakeTerminal(onWrite: (text: string) => void = () => undefined) {
  let drawn = '';
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      drawn += String(chunk);
      onWrite(String(chunk));
      done();
    },
  });
  const live = Object.assign(stream, {
    isTTY: true,
    columns: 200,
  }) as unknown as NodeJS.WriteStream;
  return { live, drawn: () => drawn };
}
