import { existsSync } from 'node:fs';

/** A name that is one part of a path and of an address, unquoted. */
export function requireName(name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)) return;
  throw new Error(
    `name: expected letters, digits, "_", "-" and ".", got ${JSON.stringify(name)}; choose another`,
  );
}

/** Servers may be using what is there: versions are added, not replaced. */
export function requireFree(place: string): void {
  if (!existsSync(place)) return;
  throw new Error(
    `${place}: expected no such version yet, got one; choose another --model-version, or remove it`,
  );
}
