import { join } from 'node:path';

/** Files of one node of a generated network, and of its manager. */
export interface MemberFiles {
  readonly name: string;
  readonly nodeDir: string;
  readonly nodeKey: string;
  readonly staticNodes: string;
  readonly permissionedNodes: string;
  readonly nodeLog: string;
  readonly managerName: string;
  readonly managerDir: string;
  /** Key pair files are this path plus `.key` and `.pub`, as Tessera writes them. */
  readonly managerKey: string;
  readonly managerLog: string;
}

/** Where the files of a generated network lie below its folder. */
export interface NetworkFiles {
  readonly root: string;
  readonly genesis: string;
  readonly accounts: string;
  /** Private keys of the development accounts, for `node --dev-accounts`. */
  readonly accountKeys: string;
  readonly browsers: string;
  readonly settings: string;
  readonly networkJson: string;
  member(index: number): MemberFiles;
}

/** The layout of a network folder; `index` counts from 0, names from 1. */
export function networkFiles(root: string): NetworkFiles {
  return {
    root,
    genesis: join(root, 'genesis.json'),
    accounts: join(root, 'accounts.json'),
    accountKeys: join(root, 'account-keys.json'),
    browsers: join(root, 'permissioned-browsers.json'),
    settings: join(root, 'settings.json'),
    networkJson: join(root, 'network.json'),
    member: (index) => {
      const nodeDir = join(root, `node${index + 1}`);
      const managerDir = join(root, `manager${index + 1}`);
      return {
        name: `node${index + 1}`,
        nodeDir,
        nodeKey: join(nodeDir, 'nodekey'),
        staticNodes: join(nodeDir, 'static-nodes.json'),
        permissionedNodes: join(nodeDir, 'permissioned-nodes.json'),
        nodeLog: join(nodeDir, 'node.log'),
        managerName: `manager${index + 1}`,
        managerDir,
        managerKey: join(managerDir, 'tm'),
        managerLog: join(managerDir, 'manager.log'),
      };
    },
  };
}
