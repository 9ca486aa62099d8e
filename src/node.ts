// The entry for Node: `resnet-heads` and the parts that only work in Node. Its types are those of index.ts.
import { provideNode } from './node/provide.js';

provideNode();

export * from './index.js';
