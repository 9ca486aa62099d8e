/**
 * Kills processes at random moments while they save classifiers and export SavedModels over older ones. What they leave
 * must be one of those that were saved, whole, and after the next save nothing may lie beside it.
 *
 *     node scripts/kill/save.mjs [TIMES]
 *     node --import tsx scripts/kill/save.mjs [TIMES] src
 *
 * The first needs a build, the second runs the sources. Every second time two
 * processes write at once, and one or both are killed. Prints a line of counts; exits with 1 where one is not as it should be.
 */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs';

const [, , times = '100', from = 'dist', target = ''] = process.argv;
const entry = from === 'src' ? 'src/node.ts' : 'dist/node.js';
/** @type {typeof import('../../src/node.js')} */
const { exportSavedModel, loadClassifier } = await import(pathToFileURL(resolve(entry)).href);

/** Each as a class's name and as the value of every weight, so that parts of two show. */
const VERSIONS = [1, 2];
const [SIZE, UNITS] = [32, 256];
/** Kills fall from the first save to about the third. */
const SAVES = 3;

/** @param {number} value */
function modelOf(value) {
  const { layers } = tf;
  const model = tf.sequential();
  model.add(layers.flatten({ inputShape: [SIZE, SIZE, 3], name: 'flat' }));
  const kernelInitializer = tf.initializers.constant({ value });
  model.add(layers.dense({ units: UNITS, kernelInitializer, useBias: false, name: 'hidden' }));
  model.add(layers.dense({ units: 2, kernelInitializer, useBias: false, name: 'scores' }));
  return model;
}

/** @param {number} value */
const namesOf = (value) => [`first ${value}`, `second ${value}`];

/** @param {string} path */
const hashOf = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');

const WAYS = {
  classifier: {
    /** @param {string} folder @param {number} value */
    save: async (folder, value) => {
      const classes = namesOf(value);
      const classifier = await loadClassifier(modelOf(value), { classes, preprocessing: 'tf' });
      await classifier.save(folder);
      classifier.dispose();
    },
    /** @param {string} folder @returns {Promise<number>} which version is there, whole */
    load: async (folder) => {
      const { model, classes } = await loadClassifier(folder);
      const [least, most] = model
        .getWeights()
        .flatMap((weight) => [weight.min(), weight.max()])
        .map((value) => value.dataSync()[0] ?? NaN)
        .reduce(
          ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
          [Infinity, -Infinity],
        );
      model.dispose();
      if (least !== most || classes.join() !== namesOf(least).join()) {
        throw new Error(`weights of ${least} and ${most}, classes ${classes.join()}`);
      }
      return least;
    },
  },
  savedmodel: {
    /** @param {string} folder @param {number} value */
    save: async (folder, value) => {
      const model = modelOf(value);
      await exportSavedModel(model, folder, { classes: namesOf(value) });
      model.dispose();
    },
    /** @param {string} folder @returns {Promise<number>} */
    load: async (folder) => {
      const classes = await readFile(join(folder, 'assets.extra/classes.txt'), 'utf8');
      const found = VERSIONS.find((value) => classes === `${namesOf(value).join('\n')}\n`);
      const graph = hashOf(join(folder, 'saved_model.pb'));
      if (found === undefined || graph !== graphs[found])
        throw new Error(`${classes} with ${graph}`);
      return found;
    },
  },
};

/** @type {Record<number, string>} hashes of whole graphs */
const graphs = {};

/** @param {string} way */
const wayOf = (way) => WAYS[/** @type {keyof typeof WAYS} */ (way)];

/** Saves one version after the other until it is killed. @param {string} place */
async function saveOn(place) {
  const [way = ''] = place.split('/').slice(-1);
  const { save } = wayOf(way);
  process.send?.('ready');
  for (let i = 0; ; i++) await save(place, VERSIONS[i % VERSIONS.length] ?? NaN);
}

async function killAll() {
  const place = mkdtempSync(join(tmpdir(), 'resnet-heads-kill-'));
  const folderOf = (/** @type {string} */ way) => join(place, way);
  try {
    for (const value of VERSIONS) {
      await WAYS.savedmodel.save(folderOf('savedmodel'), value);
      graphs[value] = hashOf(join(folderOf('savedmodel'), 'saved_model.pb'));
    }
    const begin = performance.now();
    for (const value of VERSIONS) await WAYS.classifier.save(folderOf('classifier'), value);
    const took = (performance.now() - begin) / VERSIONS.length;
    const counts = { kills: 0, first: 0, second: 0, missing: 0, broken: 0, leftovers: 0, left: 0 };
    for (let i = 0; i < Number(times); i++) {
      const way = i % 2 === 0 ? 'classifier' : 'savedmodel';
      const { save, load } = wayOf(way);
      const folder = folderOf(way);
      const writers = i % 4 < 2 ? 1 : 2;
      const children = Array.from({ length: writers }, () =>
        fork(fileURLToPath(import.meta.url), ['0', from, folder], { stdio: 'inherit' }),
      );
      await Promise.all(
        children.map((child) => new Promise((ready) => child.once('message', ready))),
      );
      for (const child of children) {
        await sleep((Math.random() * SAVES * took) / writers);
        const ended = new Promise((end) => child.once('close', end));
        child.kill('SIGKILL');
        await ended;
        counts.kills += 1;
        if (child.signalCode !== 'SIGKILL') counts.broken += 1;
      }
      // Between the two renames of a swap, where loadClassifier or the next export puts the old one back.
      const missing = !existsSync(folder);
      if (missing) counts.missing += 1;
      if (readdirSync(place).length > 2) counts.leftovers += 1;
      if (missing && way === 'savedmodel') await save(folder, 1);
      try {
        const found = await load(folder);
        if (found === VERSIONS[0]) counts.first += 1;
        else counts.second += 1;
      } catch (error) {
        console.error(way, error);
        counts.broken += 1;
      }
      await save(folder, VERSIONS[i % 2] ?? NaN);
      if ((await load(folder)) !== VERSIONS[i % 2]) counts.broken += 1;
      const names = readdirSync(place);
      if (names.some((name) => !(name in WAYS))) counts.left += 1;
    }
    const { kills, first, second, missing, broken, leftovers, left } = counts;
    console.log(
      `${kills} kills in ${times} rounds: ${first} times one version and ${second} times the other, ${broken} broken, ` +
        `${missing} missing until the next load or save; ${leftovers} left files beside, ${left} after the next save`,
    );
    process.exitCode = broken + left === 0 ? 0 : 1;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

if (target === '') await killAll();
else await saveOn(target);
