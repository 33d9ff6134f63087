/** Code made ready to run: where jumps may land, and the operands of PUSH as words. */
export interface PreparedCode {
  readonly bytes: Uint8Array;
  /** 1 at each JUMPDEST that is not inside push data. */
  readonly destinations: Uint8Array;
  /** Operand of the PUSH at each position, read on first use. */
  readonly operands: (bigint | undefined)[];
}

const prepared = new WeakMap<Uint8Array, PreparedCode>();

function analyse(bytes: Uint8Array): PreparedCode {
  const destinations = new Uint8Array(bytes.length);
  for (let pc = 0; pc < bytes.length; pc += 1) {
    const opcode = bytes[pc] ?? 0;
    if (opcode === 0x5b) destinations[pc] = 1;
    else if (opcode >= 0x60 && opcode <= 0x7f) pc += opcode - 0x5f;
  }
  return { bytes, destinations, operands: Array.from({ length: bytes.length }, () => undefined) };
}

/** Analyses code once per array (the state keeps one array per code hash). */
export function prepareCode(bytes: Uint8Array): PreparedCode {
  let code = prepared.get(bytes);
  if (code === undefined) {
    code = analyse(bytes);
    prepared.set(bytes, code);
  }
  return code;
}
