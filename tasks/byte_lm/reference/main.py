"""The initial program with tuned settings and n-gram embeddings."""

import torch
from torch import nn
from torch.nn import functional

GROWTH = 4  # with a wall-clock budget, everything is this many times larger
WIDTH = 64
LAYERS = 1
HEADS = 4
EXPANSION = 2
CONTEXT = 64
BATCH = 4
STEPS = 12  # per chunk of the stream
RATE = 7e-3
BETAS = (0.8, 0.95)
WEIGHT_DECAY = 0.0
WARM_UP = 0.0  # share of the budget
COOL_DOWN = 0.9  # how much of the rate is gone at the end
INIT_SCALE = 0.02
RECENCY = 4.0
NGRAMS = 4  # tables for 2, 3, ... bytes
BUCKETS = 4096


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mix, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, EXPANSION * width), nn.Linear(EXPANSION * width, width)

    def forward(self, x, bias):
        heads = self.mix(self.norm1(x)).unflatten(2, (3, HEADS, -1)).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(*heads, attn_mask=bias)
        x = x + self.out(mixed.transpose(1, 2).flatten(2))
        return x + self.down(functional.gelu(self.up(self.norm2(x))))


class Model(nn.Module):
    def __init__(self, width, layers):
        super().__init__()
        self.embed = nn.Embedding(256, width)
        self.ngrams = nn.ModuleList(nn.Embedding(BUCKETS, width) for _ in range(NGRAMS))
        self.blocks = nn.ModuleList(Block(width) for _ in range(layers))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 256)
        for weight in self.parameters():
            if weight.dim() > 1:
                nn.init.normal_(weight, std=INIT_SCALE)

    def forward(self, text):
        bias = recency(text.shape[1], text.device)
        text = earlier = text.long()
        x = self.embed(text)
        for table in self.ngrams:  # as in the Byte Latent Transformer (Pagnoni et al. 2024)
            earlier = functional.pad(earlier, (1, 0))[:, :-1]
            text = (text * 8191 + earlier + 1) % 1_000_003
            x = x + table(text % BUCKETS)
        for block in self.blocks:
            x = block(x, bias)
        return self.head(self.norm(x))


def recency(length, device):
    """ALiBi (Press et al. 2022): attention falls off with distance, at a rate of its own per head."""
    place = torch.arange(length, device=device)
    distance = place[:, None] - place
    slopes = 2.0 ** (-RECENCY * torch.arange(1, HEADS + 1, device=device) / HEADS)
    return torch.where(distance >= 0, -slopes[:, None, None] * distance, float("-inf"))


def train(stream, device, seconds):
    growth = GROWTH if seconds else 1
    context, batch = CONTEXT * growth, BATCH * growth
    model = Model(WIDTH * growth, LAYERS * growth).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, betas=BETAS, weight_decay=WEIGHT_DECAY, fused=True)
    seen = torch.zeros(1, dtype=torch.uint8, device=device)
    for chunk, progress in stream:
        seen = torch.cat([seen, chunk])
        for group in optimizer.param_groups:
            group["lr"] = RATE * min(1.0, (progress + 0.01) / (WARM_UP + 0.01)) * (1 - COOL_DOWN * progress)
        for _ in range(STEPS):
            start = torch.randint(len(seen) - context, (batch, 1), device=device)
            window = seen[start + torch.arange(context + 1, device=device)].long()
            loss = functional.cross_entropy(model(window[:, :-1]).flatten(0, 1), window[:, 1:].flatten())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model


def predict(model, texts):
    return model(functional.pad(texts, (1, 0))[:, :-1])
