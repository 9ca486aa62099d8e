// These packages are ES modules only: the CommonJS build can't require them on every Node that it runs on.

export const loadParquetReader = () => import('hyparquet');

export const loadParquetWriter = () => import('hyparquet-writer');
