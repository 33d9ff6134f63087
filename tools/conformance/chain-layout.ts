import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LayoutError, listFolder, readJson } from './files.ts';

/** `about.json` of a recorded chain, as far as it is used. */
export interface About {
  readonly nodeDetails: readonly AboutNode[];
}

export interface AboutNode {
  /** Number of the node, from 1: the name of its folder under `nodes/`. */
  readonly node: number;
  readonly nodeKey: string;
  readonly enode?: string;
  /** Command line of this node, where it changes answers. */
  readonly flags?: readonly string[];
}

/** Files without which there is nothing to import. */
const NEEDED = ['about.json', 'genesis.json', 'chain.rlp.gz'] as const;

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

function looksLikeChain(folder: string): boolean {
  return isFolder(folder) && NEEDED.some((file) => existsSync(join(folder, file)));
}

/**
 * The recorded chains that a path means: the path itself, or those in it.
 * @throws LayoutError when it is neither
 */
export function chainFolders(path: string): readonly string[] {
  const root = resolve(path);
  if (!isFolder(root)) throw new LayoutError(`${path} is not a folder: give one recorded chain, or a folder of such`);
  if (looksLikeChain(root)) return [root];
  const found = listFolder(root)
    .map((name) => join(root, name))
    .filter(looksLikeChain);
  if (found.length > 0) return found;
  throw new LayoutError(
    `${path} is no recorded chain and holds none: a chain is a folder with ${NEEDED.join(', ')}, and one folder for each node under nodes/`,
  );
}

/** `about.json` of a chain. @throws LayoutError naming the file that is missing, or the member that is not as it has to be */
export function readAbout(folder: string): About {
  const missing = NEEDED.filter((file) => !existsSync(join(folder, file)));
  if (missing.length > 0) throw new LayoutError(`${folder} lacks ${missing.join(', ')}`);
  const about = readJson<Partial<About> | null>(join(folder, 'about.json'));
  const nodes: unknown = about?.nodeDetails;
  if (!Array.isArray(nodes) || nodes.length === 0)
    throw new LayoutError(`${folder}/about.json names no nodes: nodeDetails has to be a list of at least one`);
  for (const [place, one] of (nodes as readonly (Partial<AboutNode> | null)[]).entries()) {
    if (!Number.isSafeInteger(one?.node) || typeof one?.nodeKey !== 'string')
      throw new LayoutError(
        `${folder}/about.json: nodeDetails[${place}] needs "node", a number, and "nodeKey", a text`,
      );
  }
  const numbers = (nodes as readonly AboutNode[]).map(({ node }) => String(node));
  const unknown = listFolder(join(folder, 'nodes')).filter((name) => !numbers.includes(name));
  if (unknown.length > 0)
    throw new LayoutError(
      `${folder}/nodes/${unknown[0]} belongs to no node that about.json names (${numbers.join(', ')})`,
    );
  return { nodeDetails: nodes as readonly AboutNode[] };
}
