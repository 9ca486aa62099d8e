import type { FloatFormat } from '../../weights/formats/float-format.js';
import type { NamedArray } from '../../weights/formats/named-array.js';
import { isKernel } from '../kernel.js';
import type { GraphWriter, WeightWriter } from './graph-writer.js';
import { attribute, DataType, type Restoring } from './messages.js';

/** A weight in a checkpoint. */
export interface Variable {
  /** Its name in the checkpoint, and that of its node. */
  readonly name: string;
  readonly weight: NamedArray;
  readonly dtype: FloatFormat;
}

/** Where a folder has its checkpoint. It is only a default: whoever loads the folder passes the path. */
const CHECKPOINT = 'variables/variables';

const TYPES = { float32: DataType.float, float16: DataType.half } as const;
const FLOAT = { dtype: attribute.type(DataType.float) };
const TO_FLOAT = {
  SrcT: attribute.type(DataType.half),
  DstT: attribute.type(DataType.float),
};

/** Writes weights as variables, which a graph reads from a checkpoint when it is loaded. */
export class VariableWriter {
  readonly variables: Variable[] = [];
  readonly #values: string[] = [];

  constructor(private readonly dtype: FloatFormat) {}

  readonly add: WeightWriter = (graph, name, weight) => {
    const handle = graph.op('VarHandleOp', name, [], {
      ...FLOAT,
      shape: attribute.shape(weight.shape),
      shared_name: attribute.text(name),
    });
    const dtype = isKernel(weight.shape) ? this.dtype : 'float32';
    this.variables.push({ name: handle, weight, dtype });
    const value = graph.op('ReadVariableOp', `${name}/Read`, [handle], FLOAT);
    this.#values.push(value);
    return value;
  };

  /** Adds what gives the variables their values. float16 is converted here: once, not at each call. */
  restoring(graph: GraphWriter): Restoring {
    const names = this.variables.map(({ name }) => name);
    const path = graph.op(
      'PlaceholderWithDefault',
      'restore/path',
      [graph.texts('restore/default', [CHECKPOINT], [])],
      { dtype: attribute.type(DataType.string), shape: attribute.shape([]) },
    );
    const inputs = [
      path,
      graph.texts('restore/names', names),
      graph.texts(
        'restore/slices',
        names.map(() => ''),
      ),
    ];
    const restored = graph.op('RestoreV2', 'restore/RestoreV2', inputs, {
      dtypes: attribute.types(this.variables.map(({ dtype }) => TYPES[dtype])),
    });
    const assigned = this.variables.map(({ name, dtype }, i) => {
      const stored = `${restored}:${i}`;
      const value =
        dtype === 'float16' ? graph.op('Cast', `${name}/Cast`, [stored], TO_FLOAT) : stored;
      return graph.op('AssignVariableOp', `${name}/Assign`, [name, value], FLOAT);
    });
    const all = assigned.map((assign) => `^${assign}`);
    return {
      path,
      restore: graph.op('NoOp', 'restore/all', all, {}),
      variables: names.map((handle, i) => ({
        handle,
        value: this.#values[i] ?? '',
        assign: assigned[i] ?? '',
      })),
    };
  }
}
