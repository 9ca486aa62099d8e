import { loadPackage } from './load-package.js';

// This package is ES modules only: the CommonJS build can't require it on every Node that it runs on.

export const loadTar = () =>
  loadPackage('modern-tar', () => import('modern-tar'), 'npm install modern-tar');
