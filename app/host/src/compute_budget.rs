//! The two instructions of the compute budget program that every transaction on a live cluster wants.

use solana_address::Address;
use solana_instruction::Instruction;

/// The compute budget program.
pub const ID: Address = Address::from_str_const("ComputeBudget111111111111111111111111111111");

/// Limits the transaction to `units` compute units; 200,000 an instruction is the default.
pub fn limit(units: u32) -> Instruction {
    instruction(2, &units.to_le_bytes())
}

/// Pays `micro_lamports` a compute unit on top of the base fee.
pub fn price(micro_lamports: u64) -> Instruction {
    instruction(3, &micro_lamports.to_le_bytes())
}

fn instruction(tag: u8, value: &[u8]) -> Instruction {
    let data = [&[tag], value].concat();
    Instruction { program_id: ID, accounts: Vec::new(), data }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_a_tag_and_a_little_endian_number() {
        assert_eq!(limit(0x0102_0304).data, [2, 4, 3, 2, 1]);
        assert_eq!(price(5).data, [3, 5, 0, 0, 0, 0, 0, 0, 0]);
    }
}
