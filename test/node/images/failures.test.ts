import { PictureError } from '../../../src/errors';
import { explainFailure, ReadError } from '../../../src/node/images/failures';

const failed = (code: string) => Object.assign(new Error(`${code}: it failed`), { code });
const tell = (code: string) => () => explainFailure('a.jpg', failed(code));

describe('a picture that can’t be read', () => {
  it.each(['ENOENT', 'EACCES', 'ENOTDIR'])('is left out if that is its own fault: %s', (code) => {
    expect(tell(code)).toThrow(PictureError);
  });

  it.each(['EIO', 'ESTALE', 'EMFILE', 'ETIMEDOUT'])('is an error if it may pass: %s', (code) => {
    expect(tell(code)).toThrow(ReadError);
    expect(tell(code)).toThrow(
      `a.jpg: expected a file that can be read, got "${code}: it failed"; run the same command again`,
    );
  });
});
