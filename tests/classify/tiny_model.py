"""Makes a tiny transformer with random weights and a tokenizer of its own, as a program: python -m tests.classify.tiny_model
FOLDER. It judges nothing well; it loads, reads and answers as a large one does.
"""

from __future__ import annotations

import sys
from pathlib import Path

WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "query",
    ":",
    "my",
    "withdrawal",
    "deposit",
    "of",
    "never",
    "came",
    "is",
    "stuck",
    "gm",
    "friends",
    "what",
    "the",
    "fee",
    "for",
]


def make(folder: Path) -> None:
    """Write it."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    letters = [*"abcdefghijklmnopqrstuvwxyz0123456789"]
    pieces = dict.fromkeys([*WORDS, *letters, *(f"##{one}" for one in letters)])
    words = Tokenizer(models.WordPiece({w: i for i, w in enumerate(pieces)}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = [("[CLS]", 2), ("[SEP]", 3)]
    words.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=ends
    )
    named = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_object=words, **named).save_pretrained(folder)
    torch.manual_seed(1)
    BertModel(
        BertConfig(vocab_size=len(pieces), hidden_size=64, num_hidden_layers=2, num_attention_heads=4,
                   intermediate_size=96, max_position_embeddings=160)
    ).save_pretrained(folder)  # fmt: skip


if __name__ == "__main__":
    make(Path(sys.argv[1]))
