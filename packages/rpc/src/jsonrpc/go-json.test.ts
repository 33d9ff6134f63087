import { describe, expect, test } from 'vitest';
import { firstJsonValueEnd, JsonSyntaxError, parseFirstJsonValue, stringifyLikeGo } from './go-json.ts';

describe('the first JSON value', () => {
  test.each([
    ['{"a":[1,2,{"b":"}"}]} trailing', 21],
    ['  [1]xyz', 5],
    ['"a\\"b"]', 6],
    ['-1.5e+3,', 7],
    ['true}', 4],
    ['{}{}', 2],
  ])('%s ends at %i', (text, end) => {
    expect(firstJsonValueEnd(text)).toBe(end);
  });

  test('white space alone is no value', () => {
    expect(firstJsonValueEnd(' \n\t')).toBeUndefined();
    expect(parseFirstJsonValue('')).toBeUndefined();
  });

  test.each([
    ['hello', "invalid character 'h' looking for beginning of value"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ['[1 2]', "invalid character '2' after array element"],
    ['{"a":1 "b"', "invalid character '\"' after object key:value pair"],
    ['tru', 'unexpected EOF'],
    ['nul!', "invalid character '!' in literal null (expecting 'l')"],
    ['-x', "invalid character 'x' in numeric literal"],
    ['"\u0001"', "invalid character '\u0001' in string literal"],
    ['"\\q"', "invalid character 'q' in string escape code"],
    ['[', 'unexpected EOF'],
    ["'", "invalid character '\\'' looking for beginning of value"],
  ])('%j is refused with Go’s words', (text, message) => {
    let refusal: unknown;
    try {
      firstJsonValueEnd(text);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(JsonSyntaxError);
    expect(refusal).toHaveProperty('message', message);
  });

  test('nesting is bounded', () => {
    expect(() => firstJsonValueEnd('['.repeat(20_000))).toThrow('exceeded max depth');
  });
});

test('text is escaped as Go escapes it', () => {
  expect(stringifyLikeGo('a<b> & \u2028')).toBe('"a\\u003cb\\u003e \\u0026 \\u2028"');
});
