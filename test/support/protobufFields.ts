/** One field of a protobuf message: its number, and its value as bytes or an integer. */
export interface ProtobufField {
  readonly number: number;
  readonly bytes: Buffer;
  readonly value: bigint;
}

const NO_BYTES = Buffer.alloc(0);

/**
 * Reads the fields of a message in order.
 * https://protobuf.dev/programming-guides/encoding/
 * @throws Error for a wire type that our messages do not use
 */
export function readFields(message: Buffer): ProtobufField[] {
  const fields: ProtobufField[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => {
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const key = varint();
    const number = Number(key >> 3n);
    const wireType = Number(key & 7n);
    if (wireType === 0) fields.push({ number, bytes: NO_BYTES, value: varint() });
    else if (wireType === 1) fields.push({ number, bytes: NO_BYTES, value: take(8).readBigUInt64LE() });
    else if (wireType === 2) fields.push({ number, bytes: take(Number(varint())), value: 0n });
    else if (wireType === 5) fields.push({ number, bytes: NO_BYTES, value: BigInt(take(4).readUInt32LE()) });
    else throw new Error(`wire type ${wireType}`);
  }
  return fields;
}
