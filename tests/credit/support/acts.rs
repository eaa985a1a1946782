//! What the people of a pool send, and what its accounts say.

use assay_credit_host::{Deposit, Issuer, Line, Pool, Tree};
use assay_localnet::Outcome;
use solana_address::Address;
use solana_instruction::Instruction;
use solana_signer::Signer;

use super::{Actor, World};

impl World {
    pub fn supply(&mut self, amount: u64) -> Outcome {
        let supply = self.keys.supply(self.supplier.address(), self.supplier.tokens, amount);
        self.supplier_sends(supply)
    }

    pub fn withdraw(&mut self, shares: u64) -> Outcome {
        let withdraw = self.keys.withdraw_supply(self.supplier.address(), self.supplier.tokens, shares);
        self.supplier_sends(withdraw)
    }

    pub fn drawing(&self, amount: u64) -> Instruction {
        let Actor { key, tokens } = &self.borrower;
        self.keys.draw(key.pubkey(), self.line_address(), self.issuer.issuer, *tokens, amount)
    }

    pub fn draw(&mut self, amount: u64) -> Outcome {
        let draw = self.drawing(amount);
        self.borrower_sends(draw)
    }

    pub fn repay(&mut self, amount: u64) -> Outcome {
        let line = self.line_address();
        let repay = self.keys.repay(self.borrower.address(), line, self.borrower.tokens, amount);
        self.borrower_sends(repay)
    }

    pub fn mark_default(&mut self) -> Outcome {
        let mark = self.keys.mark_default(self.line_address());
        self.stranger_sends(mark)
    }

    pub fn write_off(&mut self) -> Outcome {
        let write_off = self.keys.write_off(self.line_address());
        self.stranger_sends(write_off)
    }

    pub fn authority_sends(&mut self, instruction: Instruction) -> Outcome {
        self.net.send(&[instruction], &[&self.authority.key])
    }

    pub fn admin_sends(&mut self, instruction: Instruction) -> Outcome {
        self.net.send(&[instruction], &[&self.admin.key])
    }

    pub fn guardian_sends(&mut self, instruction: Instruction) -> Outcome {
        self.net.send(&[instruction], &[&self.guardian.key])
    }

    pub fn issuer_guardian_sends(&mut self, instruction: Instruction) -> Outcome {
        self.net.send(&[instruction], &[&self.issuer_guardian.key])
    }

    pub fn supplier_sends(&mut self, instruction: Instruction) -> Outcome {
        self.net.send(&[instruction], &[&self.supplier.key])
    }

    pub fn borrower_sends(&mut self, instruction: Instruction) -> Outcome {
        self.net.send(&[instruction], &[&self.borrower.key])
    }

    pub fn stranger_sends(&mut self, instruction: Instruction) -> Outcome {
        self.net.send(&[instruction], &[&self.stranger.key])
    }

    pub fn stop_issuer(&mut self) -> Outcome {
        let stop = self.issuer.stop(self.issuer_guardian.address());
        self.issuer_guardian_sends(stop)
    }

    pub fn pause(&mut self, level: u8) -> Outcome {
        let pause = self.keys.set_pause(self.guardian.address(), level);
        self.guardian_sends(pause)
    }

    pub fn pool(&self) -> Pool {
        self.net.read(&self.keys.pool).unwrap().unwrap()
    }

    pub fn line(&self) -> Line {
        self.net.read(&self.line_address()).unwrap().unwrap()
    }

    pub fn tree(&self, epoch: u32) -> Tree {
        self.net.read(&self.issuer.tree(epoch)).unwrap().unwrap()
    }

    pub fn issuer_account(&self) -> Issuer {
        self.net.read(&self.issuer.issuer).unwrap().unwrap()
    }

    pub fn deposit(&self) -> Deposit {
        self.net.read(&self.keys.deposit(&self.supplier.address())).unwrap().unwrap()
    }

    pub fn debt(&self) -> u64 {
        self.line().debt(&self.pool()).unwrap()
    }

    pub fn vault(&self) -> u64 {
        self.net.token_balance(&self.keys.vault)
    }

    pub fn lamports(&self, address: &Address) -> u64 {
        self.net.account(address).map_or(0, |account| account.lamports)
    }
}
