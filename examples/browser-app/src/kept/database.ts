const NAME = 'resnet-heads browser app';
const VERSION = 1;
/** A browser that gives no answer must not keep the page waiting. */
const PATIENCE_MS = 5_000;

export type StoreName = 'project' | 'pictures' | 'classifier';
const STORES: readonly StoreName[] = ['project', 'pictures', 'classifier'];

const reason = (error: DOMException | null): Error =>
  error ?? new Error('the browser gives no reason');

/** Opens the database of this page. Private windows of some browsers refuse it. */
export function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error('its database does not answer'));
    }, PATIENCE_MS);
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const name of STORES) request.result.createObjectStore(name);
    };
    request.onsuccess = () => {
      clearTimeout(timer);
      resolve(request.result);
    };
    request.onerror = () => {
      clearTimeout(timer);
      reject(reason(request.error));
    };
  });
}

export function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(reason(request.error));
    };
  });
}

/** Changes stores completely or not at all. */
export function write(
  database: IDBDatabase,
  stores: readonly StoreName[],
  change: (transaction: IDBTransaction) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction([...stores], 'readwrite');
    transaction.oncomplete = () => {
      resolve();
    };
    transaction.onabort = () => {
      reject(reason(transaction.error));
    };
    try {
      change(transaction);
      // Else the browser would undo it if the page is closed before it has answered.
      transaction.commit();
    } catch (error) {
      // What was asked for so far would be done.
      transaction.abort();
      throw error;
    }
  });
}
