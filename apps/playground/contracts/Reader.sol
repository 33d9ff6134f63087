// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

interface Storage {
    function get() external view returns (uint256);
}

/// Reads a number from another contract. Deployed privately over a public SimpleStorage it shows that private code sees the
/// public state inside the block, and cannot change it.
contract Reader {
    Storage private immutable source;
    uint256 private noted;

    event Noted(uint256 value);

    constructor(address storageContract) {
        source = Storage(storageContract);
    }

    /// What the other contract says now.
    function read() external view returns (uint256) {
        return source.get();
    }

    /// Writes down what the other contract says.
    function note() external {
        noted = source.get();
        emit Noted(noted);
    }

    function lastNoted() external view returns (uint256) {
        return noted;
    }
}
