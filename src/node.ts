// The entry for Node: `resnet-heads`, with what only Node can do. Its types are those of index.ts.
import { provideNode } from './node/provide.js';

provideNode();

export * from './index.js';
