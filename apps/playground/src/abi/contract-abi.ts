import { bytesToHex, concatBytes, hexToBytes } from '@isoquorum/primitives/hex';
import { keccak256 } from '@isoquorum/primitives/keccak';
import { utf8ToBytes } from '@isoquorum/primitives/utf8';
import { type AbiOutput, decodeAbiValues } from './abi-decode.ts';
import { type AbiInput, encodeAbiValues } from './abi-encode.ts';
import { type AbiParameter, abiError, abiTypeToText, type NamedAbiType, parseAbiType } from './abi-type.ts';

/** A function of a contract. */
export interface AbiFunction {
  readonly name: string;
  readonly signature: string;
  readonly selector: Uint8Array;
  /** True when a call of it changes nothing, so that it needs no transaction. */
  readonly readOnly: boolean;
  readonly inputs: readonly NamedAbiType[];
  readonly outputs: readonly NamedAbiType[];
}

export interface AbiEvent {
  readonly name: string;
  readonly topic: string;
  readonly inputs: readonly (NamedAbiType & { readonly indexed: boolean })[];
}

export interface ContractAbi {
  readonly constructorInputs: readonly NamedAbiType[];
  readonly functions: readonly AbiFunction[];
  readonly events: readonly AbiEvent[];
}

const ENTRIES_MAX = 500;

interface AbiEntry {
  readonly type?: unknown;
  readonly name?: unknown;
  readonly stateMutability?: unknown;
  readonly constant?: unknown;
  readonly inputs?: unknown;
  readonly outputs?: unknown;
}

function parseParameters(value: unknown, at: string, depth = 0): readonly AbiParameter[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || depth > 8) throw abiError(`${at}: a list of parameters is wanted.`, at);
  return value.map((item: unknown, index): AbiParameter => {
    const { name, type, indexed, components } = (item ?? {}) as Record<string, unknown>;
    if (typeof type !== 'string') throw abiError(`${at}: parameter ${index} has no type.`, at);
    return {
      name: typeof name === 'string' && name !== '' ? name : `value${index}`,
      type,
      indexed: indexed === true,
      components: parseParameters(components, at, depth + 1),
    };
  });
}

function named(parameters: readonly AbiParameter[]): readonly NamedAbiType[] {
  return parameters.map((parameter) => ({ name: parameter.name ?? '', type: parseAbiType(parameter) }));
}

function signatureOf(name: string, inputs: readonly NamedAbiType[]): string {
  return `${name}(${inputs.map(({ type }) => abiTypeToText(type)).join(',')})`;
}

/**
 * Reads ABI JSON, as compilers write it.
 * @throws ABI_INVALID naming the entry that cannot be read
 */
export function parseContractAbi(json: unknown): ContractAbi {
  if (!Array.isArray(json)) throw abiError('The ABI is a JSON list.', 'ABI');
  if (json.length > ENTRIES_MAX) throw abiError(`The ABI has more than ${ENTRIES_MAX} entries.`, 'ABI');
  let constructorInputs: readonly NamedAbiType[] = [];
  const functions: AbiFunction[] = [];
  const events: AbiEvent[] = [];
  for (const [index, value] of json.entries()) {
    const entry = (value ?? {}) as AbiEntry;
    const name = typeof entry.name === 'string' ? entry.name : '';
    const at = name || `entry ${index}`;
    if (entry.type === 'constructor') {
      constructorInputs = named(parseParameters(entry.inputs, 'constructor'));
    } else if (entry.type === 'function') {
      const inputs = named(parseParameters(entry.inputs, at));
      const signature = signatureOf(name, inputs);
      functions.push({
        name,
        signature,
        selector: keccak256(utf8ToBytes(signature)).subarray(0, 4),
        readOnly: entry.stateMutability === 'view' || entry.stateMutability === 'pure' || entry.constant === true,
        inputs,
        outputs: named(parseParameters(entry.outputs, at)),
      });
    } else if (entry.type === 'event') {
      const parameters = parseParameters(entry.inputs, at);
      const inputs = named(parameters).map((input, position) => ({
        ...input,
        indexed: parameters[position]?.indexed === true,
      }));
      events.push({ name, topic: bytesToHex(keccak256(utf8ToBytes(signatureOf(name, inputs)))), inputs });
    }
  }
  return { constructorInputs, functions, events };
}

/** Call data of a function with its arguments. @throws ABI_INVALID */
export function encodeCall(fn: AbiFunction, values: readonly AbiInput[]): string {
  return bytesToHex(concatBytes(fn.selector, encodeAbiValues(fn.inputs, values)));
}

/** Deploying data: bytecode with the constructor's arguments behind it. @throws ABI_INVALID */
export function encodeDeployment(abi: ContractAbi, bytecode: string, values: readonly AbiInput[]): string {
  const code = parseBytecode(bytecode);
  return bytesToHex(concatBytes(code, encodeAbiValues(abi.constructorInputs, values)));
}

/** Reads pasted bytecode, with or without `0x`. @throws ABI_INVALID */
export function parseBytecode(text: string): Uint8Array {
  const trimmed = text.trim();
  if (trimmed.includes('__')) throw abiError('The bytecode has unlinked libraries.', 'bytecode');
  try {
    const bytes = hexToBytes(trimmed.startsWith('0x') ? trimmed : `0x${trimmed}`, 'bytecode');
    if (bytes.length === 0) throw abiError('The bytecode is empty.', 'bytecode');
    return bytes;
  } catch {
    throw abiError('The bytecode is 0x followed by pairs of hexadecimal digits.', 'bytecode');
  }
}

/** The function that call data is for, with its arguments; undefined when the ABI does not know it. */
export function decodeCall(
  abi: ContractAbi,
  data: string,
): { fn: AbiFunction; values: readonly AbiOutput[] } | undefined {
  const bytes = hexToBytes(data, 'data');
  const selector = bytesToHex(bytes.subarray(0, 4));
  const fn = abi.functions.find((candidate) => bytesToHex(candidate.selector) === selector);
  if (fn === undefined) return undefined;
  try {
    return { fn, values: decodeAbiValues(fn.inputs, bytes.subarray(4)) };
  } catch {
    return undefined;
  }
}

/** What a log says by this ABI; indexed values of dynamic types are shown as their hash. */
export function decodeLog(
  abi: ContractAbi,
  log: { readonly topics: readonly string[]; readonly data: string },
): { name: string; values: readonly { name: string; value: AbiOutput }[] } | undefined {
  const event = abi.events.find((candidate) => candidate.topic === log.topics[0]);
  if (event === undefined) return undefined;
  try {
    const plain = decodeAbiValues(
      event.inputs.filter((input) => !input.indexed),
      hexToBytes(log.data, 'data'),
    );
    let plainIndex = 0;
    let topicIndex = 1;
    const values = event.inputs.map((input) => {
      if (!input.indexed) return { name: input.name, value: plain[plainIndex++] ?? '' };
      const topic = log.topics[topicIndex++] ?? '0x';
      const direct = ['uint', 'int', 'address', 'bool', 'fixedBytes'].includes(input.type.kind);
      const value = direct ? (decodeAbiValues([input], hexToBytes(topic, 'topic'))[0] ?? topic) : topic;
      return { name: input.name, value };
    });
    return { name: event.name, values };
  } catch {
    return undefined;
  }
}
