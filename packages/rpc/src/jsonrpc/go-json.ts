import { IsoquorumError } from '@isoquorum/primitives/errors';

/** The text does not begin with a JSON value; the message is what Go's decoder says (GoQuorum answers it over WebSocket). */
export class JsonSyntaxError extends IsoquorumError<'JSON_SYNTAX', { readonly offset: number }> {
  override readonly name = 'JsonSyntaxError';
  constructor(message: string, offset: number) {
    super('JSON_SYNTAX', message, { offset });
  }
}

/** Levels of nesting that Go's decoder accepts. */
const DEPTH_MAX = 10_000;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const LITERALS = ['true', 'false', 'null'] as const;

function quoteCharacter(text: string, offset: number): string {
  const character = String.fromCodePoint(text.codePointAt(offset) ?? 0);
  if (character === "'") return `'\\''`;
  if (character === '\\') return `'\\\\'`;
  return `'${character}'`;
}

function unexpected(text: string, offset: number, context: string): JsonSyntaxError {
  if (offset >= text.length) return new JsonSyntaxError('unexpected EOF', offset);
  return new JsonSyntaxError(`invalid character ${quoteCharacter(text, offset)} ${context}`, offset);
}

function skipSpace(text: string, offset: number): number {
  let at = offset;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) return at;
    at += 1;
  }
}

/** Offset behind the string that begins at `offset` (which holds `"`). */
function stringEnd(text: string, offset: number): number {
  let at = offset + 1;
  for (;;) {
    const code = text.charCodeAt(at);
    if (Number.isNaN(code)) throw unexpected(text, at, '');
    if (code === 0x22) return at + 1;
    if (code < 0x20) throw unexpected(text, at, 'in string literal');
    if (code === 0x5c) {
      at += 1;
      const escape = text.charAt(at);
      if (escape === 'u') {
        for (let digit = 1; digit <= 4; digit += 1) {
          if (!/^[0-9a-fA-F]$/.test(text.charAt(at + digit)))
            throw unexpected(text, at + digit, 'in \\u hexadecimal character escape');
        }
        at += 4;
      } else if (escape === '' || !'"\\/bfnrt'.includes(escape)) throw unexpected(text, at, 'in string escape code');
    }
    at += 1;
  }
}

/** Offset behind the scalar that begins at `offset`. */
function scalarEnd(text: string, offset: number): number {
  const character = text.charAt(offset);
  if (character === '"') return stringEnd(text, offset);
  if (character === '-' || (character >= '0' && character <= '9')) {
    NUMBER.lastIndex = offset;
    const match = NUMBER.exec(text);
    if (match === null) throw unexpected(text, offset + 1, 'in numeric literal');
    return offset + match[0].length;
  }
  for (const literal of LITERALS) {
    if (literal.charAt(0) !== character) continue;
    for (let index = 1; index < literal.length; index += 1) {
      if (text.charAt(offset + index) !== literal.charAt(index)) {
        throw unexpected(text, offset + index, `in literal ${literal} (expecting '${literal.charAt(index)}')`);
      }
    }
    return offset + literal.length;
  }
  throw unexpected(text, offset, 'looking for beginning of value');
}

/**
 * Where the first JSON value of `text` ends, as Go's streaming decoder finds it: what follows is not looked at. `undefined` when there is
 * nothing but white space. Linear in the length, no recursion.
 * @throws JsonSyntaxError
 */
export function firstJsonValueEnd(text: string): number | undefined {
  let at = skipSpace(text, 0);
  if (at >= text.length) return undefined;
  const open: ('{' | '[')[] = [];
  for (;;) {
    // At the beginning of a value.
    const character = text.charAt(at);
    if (character === '{' || character === '[') {
      open.push(character);
      if (open.length > DEPTH_MAX) throw new JsonSyntaxError('exceeded max depth', at);
      at = skipSpace(text, at + 1);
      if (text.charAt(at) === (character === '{' ? '}' : ']')) {
        open.pop();
        at += 1;
      } else {
        if (character === '{') at = keyEnd(text, at, 'looking for beginning of object key string');
        continue;
      }
    } else at = scalarEnd(text, at);
    // Behind a value.
    for (;;) {
      const inside = open.at(-1);
      if (inside === undefined) return at;
      at = skipSpace(text, at);
      const next = text.charAt(at);
      if (next === ',') {
        at = skipSpace(text, at + 1);
        if (inside === '{') at = keyEnd(text, at, 'looking for beginning of object key string');
        break;
      }
      if (next !== (inside === '{' ? '}' : ']')) {
        throw unexpected(text, at, inside === '{' ? 'after object key:value pair' : 'after array element');
      }
      open.pop();
      at += 1;
    }
  }
}

/** Behind the key that begins at `at`, its colon and white space: where the value begins. */
function keyEnd(text: string, at: number, context: string): number {
  if (text.charAt(at) !== '"') throw unexpected(text, at, context);
  const colon = skipSpace(text, stringEnd(text, at));
  if (text.charAt(colon) !== ':') throw unexpected(text, colon, 'after object key');
  return skipSpace(text, colon + 1);
}

/**
 * The first JSON value of a text; `undefined` when it holds none. What follows the value is ignored, as by the original.
 * @throws JsonSyntaxError
 */
export function parseFirstJsonValue(text: string): { readonly value: unknown; readonly source: string } | undefined {
  try {
    return { value: JSON.parse(text), source: text };
  } catch {
    const end = firstJsonValueEnd(text);
    if (end === undefined) return undefined;
    const source = text.slice(0, end);
    try {
      return { value: JSON.parse(source), source };
    } catch (error) {
      throw new JsonSyntaxError(error instanceof Error ? error.message : 'invalid JSON', 0);
    }
  }
}

const HTML = /[<>&\u2028\u2029]/g;

/** JSON text with the characters escaped that Go's encoder escapes. */
export function stringifyLikeGo(value: unknown): string {
  return JSON.stringify(value).replace(
    HTML,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
