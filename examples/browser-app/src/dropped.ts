/** Whether a file of a folder is to be read: others lie there without being meant. */
const isPicture = ({ type }: File): boolean => type.startsWith('image/');

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => {
    entry.file(resolve, reject);
  });

/** All that is in a folder: browsers tell it in parts, of which the last is empty. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (part.length === 0) return all.sort((a, b) => a.name.localeCompare(b.name));
    all.push(...part);
  }
}

async function picturesIn(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) return [await fileOf(entry as FileSystemFileEntry)].filter(isPicture);
  const found: File[] = [];
  for (const each of await entriesOf(entry as FileSystemDirectoryEntry))
    found.push(...(await picturesIn(each)));
  return found;
}

/** The files that were dropped, and the pictures in the folders. The browser tells them only while it drops. */
export function droppedFiles(transfer: DataTransfer): Promise<readonly File[]> {
  const items = [...transfer.items].map((item) => ({
    file: item.getAsFile(),
    entry: item.webkitGetAsEntry(),
  }));
  const found = items.map(async ({ file, entry }) => {
    if (entry?.isDirectory === true) return picturesIn(entry);
    return file === null ? [] : [file];
  });
  return Promise.all(found).then((all) => all.flat());
}
