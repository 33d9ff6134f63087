/** Opcodes of analysed code: dense, so that the loop's switch becomes one jump through a table. */
export const enum Op {
  Block, Push, PushWord, Dup, Swap, Pop, JumpTo, JumpIfTo, JumpKnown, JumpIfKnown, Jump, JumpIf,
  Add, Mul, Sub, Div, SDiv, Mod, SMod, AddMod, MulMod, Exp, SignExtend,
  Lt, Gt, SLt, SGt, Eq, IsZero, And, Or, Xor, Not, Byte, Shl, Shr, Sar, Keccak,
  MLoad, MStore, MStore8, MSize, MCopy, SLoad, SStore, TLoad, TStore,
  Env, FrameWord, CallDataLoad, CallDataSize, CallDataCopy, CodeSize, CodeCopy, ReturnDataSize, ReturnDataCopy,
  Account, ExtCodeCopy, BlockHash, SelfBalance, BlobHash, Gas, Log, Create, Call,
  Stop, Return, Revert, Invalid, SelfDestruct,
  // Pairs that compilers write often: one step, and the copy is never stored. Each as its second instruction, in the order of
  // `pairOf`.
  DupAdd, DupMul, DupSub, DupAnd, DupEq, DupLt, DupGt,
  PushAdd, PushMul, PushSub, PushAnd, PushEq, PushLt, PushGt,
  // PUSH, SWAP1, SUB: less a constant; and static JUMPI after DUP1 or ISZERO.
  SubtractConstant, DupJumpIfTo, DupJumpIfKnown, JumpIfZeroTo, JumpIfZeroKnown,
}

/** Place of an instruction of ours among those that make pairs; -1 for the others. */
export function pairOf(op: u32): i32 {
  switch (op) {
    case Op.Add: return 0;
    case Op.Mul: return 1;
    case Op.Sub: return 2;
    case Op.And: return 3;
    case Op.Eq: return 4;
    case Op.Lt: return 5;
    case Op.Gt: return 6;
  }
  return -1;
}

/** For each opcode of the EVM below 0x60 and from 0xa0 on: ours, and in the second table its operand. */
export function denseOf(opcode: u32): u32 {
  switch (opcode) {
    case 0x00: return Op.Stop;
    case 0x01: return Op.Add;
    case 0x02: return Op.Mul;
    case 0x03: return Op.Sub;
    case 0x04: return Op.Div;
    case 0x05: return Op.SDiv;
    case 0x06: return Op.Mod;
    case 0x07: return Op.SMod;
    case 0x08: return Op.AddMod;
    case 0x09: return Op.MulMod;
    case 0x0a: return Op.Exp;
    case 0x0b: return Op.SignExtend;
    case 0x10: return Op.Lt;
    case 0x11: return Op.Gt;
    case 0x12: return Op.SLt;
    case 0x13: return Op.SGt;
    case 0x14: return Op.Eq;
    case 0x15: return Op.IsZero;
    case 0x16: return Op.And;
    case 0x17: return Op.Or;
    case 0x18: return Op.Xor;
    case 0x19: return Op.Not;
    case 0x1a: return Op.Byte;
    case 0x1b: return Op.Shl;
    case 0x1c: return Op.Shr;
    case 0x1d: return Op.Sar;
    case 0x20: return Op.Keccak;
    case 0x30:
    case 0x33:
    case 0x34: return Op.FrameWord;
    case 0x31:
    case 0x3b:
    case 0x3f: return Op.Account;
    case 0x35: return Op.CallDataLoad;
    case 0x36: return Op.CallDataSize;
    case 0x37: return Op.CallDataCopy;
    case 0x38: return Op.CodeSize;
    case 0x39: return Op.CodeCopy;
    case 0x3c: return Op.ExtCodeCopy;
    case 0x3d: return Op.ReturnDataSize;
    case 0x3e: return Op.ReturnDataCopy;
    case 0x40: return Op.BlockHash;
    case 0x47: return Op.SelfBalance;
    case 0x49: return Op.BlobHash;
    case 0x32:
    case 0x3a:
    case 0x41:
    case 0x42:
    case 0x43:
    case 0x44:
    case 0x45:
    case 0x46:
    case 0x48:
    case 0x4a: return Op.Env;
    case 0x50: return Op.Pop;
    case 0x51: return Op.MLoad;
    case 0x52: return Op.MStore;
    case 0x53: return Op.MStore8;
    case 0x54: return Op.SLoad;
    case 0x55: return Op.SStore;
    case 0x56: return Op.Jump;
    case 0x57: return Op.JumpIf;
    case 0x59: return Op.MSize;
    case 0x5a: return Op.Gas;
    case 0x5c: return Op.TLoad;
    case 0x5d: return Op.TStore;
    case 0x5e: return Op.MCopy;
    case 0xa0:
    case 0xa1:
    case 0xa2:
    case 0xa3:
    case 0xa4: return Op.Log;
    case 0xf0:
    case 0xf5: return Op.Create;
    case 0xf1:
    case 0xf2:
    case 0xf4:
    case 0xfa: return Op.Call;
    case 0xf3: return Op.Return;
    case 0xfd: return Op.Revert;
    case 0xff: return Op.SelfDestruct;
  }
  return Op.Invalid;
}

/** What the cell of an opcode carries: offset of a word, number of topics, kind of a message. */
export function operandOf(opcode: u32): u32 {
  switch (opcode) {
    case 0x30: return 64;
    case 0x33: return 96;
    case 0x34: return 128;
    case 0x31: return 0;
    case 0x3b: return 1;
    case 0x3f: return 2;
    // Words of ENV, in the order in which the host writes them.
    case 0x32: return 0;
    case 0x3a: return 32;
    case 0x41: return 64;
    case 0x42: return 96;
    case 0x43: return 128;
    case 0x44: return 160;
    case 0x45: return 192;
    case 0x46: return 224;
    case 0x48: return 256;
    case 0x4a: return 288;
    case 0xa0:
    case 0xa1:
    case 0xa2:
    case 0xa3:
    case 0xa4: return opcode - 0xa0;
    case 0xf0: return 4;
    case 0xf1: return 0;
    case 0xf2: return 1;
    case 0xf4: return 2;
    case 0xf5: return 5;
    case 0xfa: return 3;
  }
  return 0;
}
