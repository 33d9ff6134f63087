import { ParameterError } from '../errors.ts';
import { jsonNumber, kindMismatch, type ParameterCodec } from './codec.ts';
import { uint64Quantity } from './hex.ts';

/** A count as a quantity or as a JSON number; more than is safe in JavaScript is as good as that much. */
export const bigOrNumber: ParameterCodec<number> = {
  goType: 'math.HexOrDecimal64',
  form: 'quantity, or a whole number',
  optional: false,
  decode: (json) => {
    if (typeof json === 'number') {
      const number = jsonNumber(json, 'math.HexOrDecimal64');
      if (!Number.isSafeInteger(number) || number < 0) throw kindMismatch(json, 'math.HexOrDecimal64');
      return number;
    }
    return Math.min(Number(uint64Quantity.decode(json)), Number.MAX_SAFE_INTEGER);
  },
  encode: (value) => `0x${value.toString(16)}`,
};

/** A list of numbers from 0 to 100, ascending. */
export const percentiles: ParameterCodec<readonly number[]> = {
  goType: '[]float64',
  form: 'ascending list of percentages',
  optional: false,
  decode: (json) => {
    if (json === null) return [];
    if (!Array.isArray(json)) throw kindMismatch(json, '[]float64');
    let before = 0;
    return json.map((entry: unknown) => {
      const percentage = jsonNumber(entry, 'float64');
      if (!(percentage >= before && percentage <= 100))
        throw new ParameterError(`invalid reward percentile: ${percentage}`);
      before = percentage;
      return percentage;
    });
  },
  encode: (value) => value,
};
