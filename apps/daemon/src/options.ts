import { closeSync, openSync, readFileSync } from 'node:fs';
import { createCommandError } from './command-error.ts';

/** Reads an integer option, with its bounds. @throws OPTION_INVALID naming the option */
export function parseInteger(name: string, minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < minimum || value > maximum) {
      throw createCommandError(
        'OPTION_INVALID',
        `--${name} takes a whole number from ${minimum} to ${maximum}, not "${text}"`,
        { name, text },
      );
    }
    return value;
  };
}

/** Reads one of a few words. @throws OPTION_INVALID naming the option */
export function parseChoice<Choice extends string>(name: string, choices: readonly Choice[]): (text: string) => Choice {
  return (text) => {
    const choice = choices.find((candidate) => candidate === text);
    if (choice === undefined)
      throw createCommandError('OPTION_INVALID', `--${name} is one of ${choices.join(', ')}, not "${text}"`, {
        name,
        text,
      });
    return choice;
  };
}

/** Reads a file that an option names. @throws FILE_UNREADABLE naming option and file */
export function readOptionFile(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw createCommandError(
      'FILE_UNREADABLE',
      `${name}: ${path} cannot be read (${error instanceof Error ? error.message : String(error)})`,
      { name, path },
    );
  }
}

/** Reads a JSON file that an option names. @throws FILE_UNREADABLE naming option and file */
export function readJsonFile(name: string, path: string): unknown {
  const text = readOptionFile(name, path);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw createCommandError(
      'FILE_UNREADABLE',
      `${name}: ${path} is not JSON (${error instanceof Error ? error.message : String(error)})`,
      { name, path },
    );
  }
}

/** Makes sure, before long work, that its result can be written. @throws FILE_UNWRITABLE naming option and file */
export function expectWritable(name: string, path: string): void {
  try {
    closeSync(openSync(path, 'a'));
  } catch (error) {
    throw createCommandError(
      'FILE_UNWRITABLE',
      `${name}: ${path} cannot be written (${error instanceof Error ? error.message : String(error)})`,
      { name, path },
    );
  }
}
