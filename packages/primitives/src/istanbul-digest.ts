import type { Hash32 } from './bytes.ts';
import { hexToBytes } from './hex.ts';

/** Mix hash of every IBFT and QBFT header: "ctical byzantine fault tolerance". */
export const ISTANBUL_DIGEST: Hash32 = hexToBytes('0x63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365');
