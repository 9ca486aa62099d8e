import * as main from 'resnet-heads';
import { ofFiles } from './calls/files';
import { ofModels } from './calls/models';
import { ofPictures } from './calls/pictures';
import { type Calls, checkLeaks } from './check';

const CALLS: Record<keyof typeof main, Calls> = { ...ofModels, ...ofPictures, ...ofFiles };

it('has calls for every export, and for nothing else', () => {
  expect(Object.keys(CALLS).sort()).toEqual(Object.keys(main).sort());
});

checkLeaks(CALLS);
