/** An argument of a command: `key`, `key=value` or `key=(value,value)`. */
export interface TranscriptArgument {
  readonly key: string;
  readonly values: readonly string[];
}

/** One command of a transcript in the format of cockroachdb/datadriven, with the output that is expected. */
export interface TranscriptCommand {
  readonly line: number;
  readonly name: string;
  readonly args: readonly TranscriptArgument[];
  readonly input: string;
  readonly expected: string;
}

const separator = '----';

function parseArguments(text: string): TranscriptArgument[] {
  return [...text.matchAll(/([^\s=()]+)(?:=(\([^)]*\)|\S*))?/g)].map(([, key = '', value]) => {
    if (value === undefined) return { key, values: [] };
    const list = value.startsWith('(') ? value.slice(1, -1).split(',') : [value];
    return { key, values: list.map((item) => item.trim()) };
  });
}

/** Reads a whole transcript; comments and blank lines between commands are skipped. */
export function parseTranscript(text: string): readonly TranscriptCommand[] {
  const lines = text.split('\n');
  const commands: TranscriptCommand[] = [];
  let at = 0;
  const takeUntil = (isEnd: (index: number) => boolean): string => {
    const start = at;
    while (at < lines.length && !isEnd(at)) at++;
    return lines.slice(start, at).join('\n');
  };
  while (at < lines.length) {
    const head = lines[at] as string;
    const line = at + 1;
    at++;
    if (head.trim() === '' || head.startsWith('#')) continue;
    const input = takeUntil((index) => lines[index] === separator);
    at++;
    let expected: string;
    if (lines[at] === separator) {
      // Output with blank lines stands between two double separators.
      at++;
      expected = takeUntil((index) => lines[index] === separator && lines[index + 1] === separator);
      at += 2;
    } else {
      expected = takeUntil((index) => (lines[index] as string).trim() === '');
    }
    const [name = '', rest = ''] = head.trim().split(/\s+(.*)/s);
    commands.push({ line, name, args: parseArguments(rest), input: input.trim(), expected });
  }
  return commands;
}

/** Numbers among the arguments that stand alone. */
export function plainNumbers(args: readonly TranscriptArgument[]): number[] {
  return args.filter(({ values }) => values.length === 0).map(({ key }) => Number(key));
}

/** Values of the argument of that name; empty when it is not there. */
export function valuesOf(args: readonly TranscriptArgument[], key: string): readonly string[] {
  return args.find((arg) => arg.key === key)?.values ?? [];
}
