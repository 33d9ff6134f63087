import { openDB } from 'idb';

/** What this browser remembers of its network, so that it finds back without an invitation. */
export interface StoredSession {
  /** `0x…` */
  readonly genesisHash: string;
  /** WebSocket multiaddrs of validators with their PeerIds. */
  readonly multiaddrs: readonly string[];
  /** A validator has taken this browser onto the list. */
  readonly admitted: boolean;
}

const databaseName = 'isoquorum-session';
const storeName = 'values';
const key = 'current';

async function withStore<T>(run: (database: Awaited<ReturnType<typeof openDB>>) => Promise<T>): Promise<T> {
  const database = await openDB(databaseName, 1, { upgrade: (fresh) => void fresh.createObjectStore(storeName) });
  try {
    return await run(database);
  } finally {
    database.close();
  }
}

/** The session of this browser; undefined on the first visit. Used by window and Worker. */
export function loadSession(): Promise<StoredSession | undefined> {
  return withStore(async (database) => (await database.get(storeName, key)) as StoredSession | undefined);
}

export function saveSession(session: StoredSession): Promise<void> {
  return withStore(async (database) => {
    await database.put(storeName, session, key);
  });
}
