import readerText from '../../contracts/Reader.sol?raw';
import simpleStorageText from '../../contracts/SimpleStorage.sol?raw';
import tokenText from '../../contracts/Token.sol?raw';

/** Solidity sources of the ready-made contracts, as the page shows them. */
export const simpleStorageSource: string = simpleStorageText;
export const tokenSource: string = tokenText;
export const readerSource: string = readerText;
