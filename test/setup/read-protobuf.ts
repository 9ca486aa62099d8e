/** The fields of a message by number, each as often as it is there: numbers, or bytes. */
export type Fields = ReadonlyMap<number, readonly (number | Uint8Array)[]>;

/** Reads a message, apart from the code that writes them; what isn't one fails. */
export function readProtobuf(bytes: Uint8Array): Fields {
  const fields = new Map<number, (number | Uint8Array)[]>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
  };
  const value = (wireType: number): number | Uint8Array => {
    switch (wireType) {
      case 0:
        return varint();
      case 2: {
        const length = varint();
        at += length;
        if (at > bytes.length) throw new Error(`a field ends at ${at} of ${bytes.length}`);
        return bytes.subarray(at - length, at);
      }
      case 5:
        at += 4;
        return view.getFloat32(at - 4, true);
      default:
        throw new Error(`wire type ${wireType}`);
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value(tag & 7)]);
  }
  return fields;
}

const all = (fields: Fields, number: number) => fields.get(number) ?? [];
const texts = (fields: Fields, number: number) =>
  all(fields, number).map((each) => new TextDecoder().decode(each as Uint8Array));
const messages = (fields: Fields, number: number) =>
  all(fields, number).map((each) => readProtobuf(each as Uint8Array));

/** Name and sizes of an input or output; a size that isn't known by its name. */
function readValue(fields: Fields): [string, (number | string)[]] {
  const [type] = messages(fields, 2);
  const [tensor] = messages(type!, 1);
  const [shape] = messages(tensor!, 2);
  const sizes = messages(shape!, 1).map((each) => texts(each, 2)[0] ?? (all(each, 1)[0] as number));
  return [texts(fields, 1)[0]!, sizes];
}

/** What an ONNX file says of itself, by the numbers of onnx.proto. */
export function readOnnx(bytes: Uint8Array) {
  const model = readProtobuf(bytes);
  const [graph] = messages(model, 7);
  const [opset] = messages(model, 8);
  return {
    irVersion: all(model, 1)[0],
    opset: all(opset!, 2)[0],
    producer: [texts(model, 2)[0], texts(model, 3)[0]],
    metadata: messages(model, 14).map((each) => [texts(each, 1)[0], texts(each, 2)[0]]),
    nodes: messages(graph!, 1).map((node) => ({
      op: texts(node, 4)[0]!,
      name: texts(node, 3)[0]!,
      inputs: texts(node, 1),
      /** Lists of whole numbers, and single ones, by name. */
      attributes: Object.fromEntries(
        messages(node, 5).map((each) => [
          texts(each, 1)[0]!,
          all(each, 8).length > 0 ? all(each, 8) : all(each, 3)[0],
        ]),
      ),
    })),
    tensors: new Map(
      messages(graph!, 5).map((each) => [texts(each, 8)[0]!, all(each, 1) as number[]]),
    ),
    inputs: messages(graph!, 11).map(readValue),
    outputs: messages(graph!, 12).map(readValue),
  };
}
