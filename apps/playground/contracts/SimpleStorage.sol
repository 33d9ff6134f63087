// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// One number that anyone who can see this contract may read and change.
contract SimpleStorage {
    uint256 private stored;

    event SimpleStorageSet(uint256 value);

    constructor(uint256 initial) {
        stored = initial;
    }

    function set(uint256 value) external {
        stored = value;
        emit SimpleStorageSet(value);
    }

    function get() external view returns (uint256) {
        return stored;
    }
}
