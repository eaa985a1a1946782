// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// A contract of `assay export solidity --model`.
interface IStatements {
    function verifyStatement(bytes calldata proof, bytes32 context, uint256[] calldata limbs)
        external
        view
        returns (uint256 digest);
    function valueOf(uint256 limb, uint256 bits, uint256 position) external pure returns (int256);
    function SETUP() external view returns (string memory);
}

/// Lets a borrower in by a proven tier: an example of what acts on a proof must do.
///
/// Verifying is not enough. A proof is of one statement, so this contract (1) makes the context itself, of chain, contract,
/// borrower and a nonce, so that nobody else's proof and no earlier one opens anything; (2) reads the output from the limbs
/// that were verified, not from an argument beside them; and (3) leaves to its deployer which verifier, hence which key, it believes.
/// The features are the borrower's word here: a contract that knows them compares them with the first limb.
contract TierGate {
    error TierTooHigh(int256 tier);

    IStatements public immutable verifier;
    /// Bits of the tier, the one value of the last limb; the contract of the model has the layout.
    uint256 public immutable tierBits;
    /// Tiers up to this one are let in.
    int256 public immutable highest;

    mapping(address => uint256) public nonces;
    mapping(address => bool) public admitted;

    constructor(IStatements verifier_, uint256 tierBits_, int256 highest_) {
        verifier = verifier_;
        tierBits = tierBits_;
        highest = highest_;
    }

    /// What the borrower's next proof must have been made with: `assay prove --context`.
    function contextOf(address borrower) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), borrower, nonces[borrower]));
    }

    function enter(bytes calldata proof, uint256[] calldata limbs) external {
        verifier.verifyStatement(proof, contextOf(msg.sender), limbs);
        int256 tier = verifier.valueOf(limbs[limbs.length - 1], tierBits, 0);
        if (tier > highest) revert TierTooHigh(tier);
        nonces[msg.sender]++;
        admitted[msg.sender] = true;
    }
}
