/**
 * How linear memory is laid out, and where each field of a frame lies. Regions that hold little are at fixed places; memories of frames
 * share the arena at the end, which grows. Pages that were never touched cost nothing.
 *
 *   0x000000  static data of the compiler (tables, keccak's state)
 *   0x010000  words of block and transaction, gas and stack tables, exchange with the host
 *   0x020000  frames, one per depth
 *   0x100000  stacks, one after the other: 1,025 of 1,024 words at most
 *   CODE      analysed code that may be used again
 *   ARENA     input of the outermost message, then for each frame its analysed code (if used once only) and its memory
 */

/** Words of 32 bytes, little-endian, that ENV pushes; the host writes them. */
export const ENV: usize = 0x10000;
/** Constant gas of each opcode (i32, -1: no such opcode), stack items that it needs, items that it adds (both i32). */
export const GAS_TABLE: usize = 0x10400;
export const NEED_TABLE: usize = 0x10800;
export const NET_TABLE: usize = 0x10c00;
/** What a failure says: code, then two numbers. */
export const FAILURE: usize = 0x11000;
/** An address as 20 bytes, for the host. */
export const ADDRESS_BYTES: usize = 0x11040;
/** Scratch for arithmetic over digits of 32 bits. */
export const SCRATCH: usize = 0x11100;

export const FRAMES: usize = 0x20000;
export const FRAME_BYTES: usize = 512;
export const STACKS: usize = 0x100000;
export const CODE: usize = 0x2200000;
export const ARENA: usize = 0x4200000;
export const PAGE: u64 = 0x10000;
/** Memory of a frame never grows beyond this; it would cost more gas than any block has. */
export const MEMORY_LIMIT: u64 = 0xf0000000;

// Fields of a frame. Words are little-endian.
/** Next cell. */
export const IP: usize = 0;
/** Topmost word of the stack. */
export const SP: usize = 4;
export const STACK_BASE: usize = 8;
export const MEMORY_BASE: usize = 12;
/** Size of the memory in bytes (u64). */
export const MEMORY_SIZE: usize = 16;
/** Gas left (i64). */
export const GAS: usize = 24;
/** Analysed code. */
export const CODE_AT: usize = 32;
export const INPUT: usize = 36;
export const INPUT_LENGTH: usize = 40;
/** 1: below a STATICCALL. */
export const IS_STATIC: usize = 44;
/** Return or revert data. */
export const OUTPUT: usize = 48;
export const OUTPUT_LENGTH: usize = 52;
export const ADDRESS: usize = 64;
export const CALLER: usize = 96;
export const VALUE: usize = 128;
// The message that the frame waits for.
export const PENDING_KIND: usize = 160;
export const PENDING_INPUT: usize = 164;
export const PENDING_INPUT_LENGTH: usize = 168;
/** Where its output goes in this frame's memory. */
export const PENDING_OUTPUT: usize = 172;
export const PENDING_OUTPUT_LENGTH: usize = 176;
/** Gas of the message (i64). */
export const PENDING_GAS: usize = 184;
export const PENDING_TARGET: usize = 192;
export const PENDING_VALUE: usize = 224;
export const PENDING_SALT: usize = 256;

// Fields of analysed code.
export const CODE_LENGTH: usize = 0;
export const CODE_BYTES: usize = 4;
export const CODE_SINGLE: usize = 8;
/** For each byte of code (u32): the cell where its block starts, plus 1 when it is a JUMPDEST; 0 when nothing may go there. */
export const CODE_MAP: usize = 16;

// Kinds of messages.
export const CALL: u32 = 0;
export const CALLCODE: u32 = 1;
export const DELEGATECALL: u32 = 2;
export const STATICCALL: u32 = 3;
export const CREATE: u32 = 4;
export const CREATE2: u32 = 5;

// How a run gives control back.
export const STOPPED: i32 = 0;
export const REVERTED: i32 = 1;
export const FAILED: i32 = 2;
export const MESSAGE: i32 = 3;
export const PAUSED: i32 = 4;
export const UNSURE: i32 = 5;

// Failures.
export const OUT_OF_GAS: i32 = 1;
export const STACK_UNDERFLOW: i32 = 2;
export const STACK_OVERFLOW: i32 = 3;
export const INVALID_OPCODE: i32 = 4;
export const INVALID_JUMP: i32 = 5;
export const WRITE_PROTECTION: i32 = 6;
export const READ_ONLY: i32 = 7;
export const RETURN_DATA_OUT_OF_BOUNDS: i32 = 8;
export const INIT_CODE_TOO_LONG: i32 = 9;
export const GAS_OVERFLOW: i32 = 10;

// Forks that the core itself asks about, as bits.
export const EIP_150: u32 = 1;
export const BERLIN: u32 = 2;
export const SHANGHAI: u32 = 4;
export const ISTANBUL: u32 = 8;
export const EIP_158: u32 = 16;
