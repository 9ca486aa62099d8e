import { estimateMemory } from '../../analyze/memory.js';
import type { ModelStats } from '../../analyze/stats.js';
import { bytes, countOrDash, integer, megabytes, shape, percent } from '../../numbers.js';
import { conventions, type Report } from './report.js';

/** Reports a model's layers and totals. */
export function reportModel(stats: ModelStats): Report {
  const { name, source, inputShapes, outputShapes, totals, uncounted, layers } = stats;
  const isOnnx = source === 'onnx';
  const counted = (count: number) => (uncounted.length > 0 ? 'at least ' : '') + integer(count);
  const types = stats.weightTypes.join(' and ');
  const memory = estimateMemory(stats);
  const facts = [
    ['input', inputShapes.map(shape).join(', ')],
    ['output', outputShapes.map(shape).join(', ')],
    ['parameters', integer(totals.params)],
    ...(isOnnx ? [] : [['trainable', integer(totals.trainableParams)]]),
    ['MACs', counted(totals.macs)],
    ['FLOPs', counted(totals.flops)],
    ['weights', megabytes(totals.weightBytes)],
    ['activations', megabytes(totals.activationBytes)],
    ['memory to predict, batch 1', bytes(memory.inference.total)],
    ...(isOnnx ? [] : [['to train with Adam, batch 1', bytes(memory.training.total)]]),
  ];
  const rows = layers.map((layer) => [
    layer.name,
    layer.type,
    shape(layer.outputShape),
    integer(layer.params),
    percent(layer.share),
    countOrDash(layer.macs),
    totals.macs === 0 || layer.macs === null ? '—' : percent(layer.macs / totals.macs),
    megabytes(layer.activationBytes),
    layer.inputs.join(', '),
  ]);
  const list = uncounted.slice(0, 3).join(', ') + (uncounted.length > 3 ? ', …' : '');
  const missing =
    uncounted.length === 0 ? [] : [`Layers with unknown MACs: ${uncounted.length} (${list}).`];
  return {
    tables: [
      {
        columns: [
          { title: 'layer' },
          { title: 'type', dispensable: 3 },
          { title: 'output', align: 'r' },
          { title: 'parameters', align: 'r' },
          { title: 'share', align: 'r', dispensable: 2 },
          { title: 'MACs', align: 'r' },
          { title: 'share', align: 'r', dispensable: 1 },
          { title: 'activations', align: 'r', dispensable: 4 },
          { title: 'inputs', dispensable: 5 },
        ],
        rows,
      },
      { columns: [{ title: name }, { title: '', align: 'r' }], rows: facts },
    ],
    notes: [...missing, ...conventions(isOnnx ? `as in the file, ${types || 'none'}` : types)],
  };
}
