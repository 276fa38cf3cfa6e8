"""Contracts: the single place where a column is described (Open Data Contract Standard 3.1)."""

from chip_channel.contracts.model import Column, Contract, RowRule, contract, contracts

__all__ = ["Column", "Contract", "RowRule", "contract", "contracts"]
