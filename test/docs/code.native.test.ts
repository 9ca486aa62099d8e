import { rmSync } from 'node:fs';
import { furnish, type Reader } from './reader';
import { blocks, expectPrinted, isNative, writeBlocks } from './run-blocks';

describe('the code in the documentation that needs tfjs-node', () => {
  let reader: Reader;
  beforeAll(async () => {
    reader = await furnish();
    writeBlocks(reader);
  });
  afterAll(() => {
    rmSync(reader.folder, { recursive: true });
  });

  it.each(blocks.filter(([, block]) => isNative(block)))(
    'runs and prints what it says: %s',
    async (title, block) => {
      await expectPrinted(reader.folder, title, block);
    },
  );
});
