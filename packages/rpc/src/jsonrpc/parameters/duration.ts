import { ParameterError } from '../errors.ts';

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Reads Go's text of a duration, such as `1m30s` or `500ms`, as milliseconds. @throws ParameterError with Go's text */
export function readDuration(text: string): number {
  const invalid = (): ParameterError => new ParameterError(`time: invalid duration ${JSON.stringify(text)}`);
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = /^[-+]/.test(text) ? text.slice(1) : text;
  if (digits === '0') return 0;
  if (digits === '') throw invalid();
  let total = 0;
  let rest = digits;
  while (rest !== '') {
    const match = /^(\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest);
    const [whole = '', number = '', unit = ''] = match ?? [];
    if (whole === '') throw invalid();
    if (unit === '') throw new ParameterError(`time: missing unit in duration ${JSON.stringify(text)}`);
    const factor = Object.hasOwn(UNIT_MS, unit) ? UNIT_MS[unit] : undefined;
    if (factor === undefined)
      throw new ParameterError(`time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`);
    total += Number(number) * factor;
    rest = rest.slice(whole.length);
  }
  if (!Number.isFinite(total)) throw invalid();
  return sign * total;
}
