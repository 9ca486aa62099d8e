/** What is timed. */
export type Work = () => unknown;

/** Makes ready what isn't timed; its folder is that of all workers. */
export type Preparation = (folder: string) => Work | Promise<Work>;

export const CLASSES = 10;
export const SIDE = 224;
export const SHAPE = { numClasses: CLASSES, inputShape: [SIDE, SIDE, 3] } as const;
