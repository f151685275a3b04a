---@meta engram
-- Types for editors (LuaCATS): what strategies may be given in a recipe.
-- Written by `engram plugins docs --format lua` from what the plugins declare; `make docs` writes it anew.

---Lets lower blocks learn more slowly than upper ones, and sets the weight decay of each part.
---@class engram.strategy.discriminative_lr
---@field [1] "discriminative_lr"
---@field decay? number Block i of L learns at decay^(L - i) times the learning rate, embeddings at decay^(L + 1). (greater than 0 and at most 1; default 0.9)
---@field weight_decay? table<string, number> Weight decay by part: embeddings, blocks, pooler, head. Parts left out: train.weight_decay. (0 to 1000; default {})

---Keeps what the model says of its old tasks about new inputs; needs no data of theirs.
---@class engram.strategy.distillation
---@field [1] "distillation"
---@field weight? number Weight of the divergence beside the new task's loss; a schedule may scale it as distillation.weight. (0 to 1e+12; default 1)
---@field temperature? number Logits are divided by it, so that improbable classes count too. (0.01 to 1000; default 2)

---Holds weights near their old values, each as firmly as the original task needs it.
---@class engram.strategy.ewc
---@field [1] "ewc"
---@field data string The data set of the original task on which importance is measured.
---@field samples? integer Rows of it, a seeded choice; 0: all. (0 to 1e+09; default 500)
---@field lambda? number Strength of the pull, on importance of mean 1; a schedule may scale it as ewc.lambda. (0 to 1e+12; default 1)
---@field estimator? "automatic"|"exact"|"sampled"|"empirical"|"predicted"|"batched" How importance is estimated; automatic: exact up to 20 classes, sampled beyond. (default "automatic")
---@field batch_size? integer Rows measured at once; it changes the result of the batched estimator only. (1 to 65536; default 32)
---@field decay? number What the importance of earlier runs still counts, where the model brings it along. (0 to 1; default 1)
---@field embeddings? boolean Whether embeddings are held too. (default true)

---Freezes parts of the model, by depth or by name, and lets them go again step by step.
---@class engram.strategy.freezing
---@field [1] "freezing"
---@field keep? string Which blocks train: "last 4 blocks", with the pooler, or "first 2 blocks", with the embeddings. The rest of the model is frozen.
---@field embeddings? "frozen"|"trained" Whether the embeddings train, where keep says otherwise or nothing.
---@field freeze? string[]|string Patterns over parameter names: these never train, whatever keep says. (default {})
---@field train? string[]|string Patterns over parameter names: these train from the start, whatever keep and freeze say; without either, the rest of the model is frozen. (default {})
---@field every_epochs? number Gradual unfreezing: the next lower block starts to train after so many epochs, embeddings last. (greater than 0)
---@field every_steps? integer The same, counted in optimizer steps. (1 to 1e+09)

---Holds every weight near its old value, all equally firmly.
---@class engram.strategy.l2_sp
---@field [1] "l2_sp"
---@field strength? number Strength of the pull; a schedule may scale it as l2_sp.strength. (0 to 1e+12; default 0.1)

---Trains a low-rank update of chosen projections and leaves the model itself as it is.
---@class engram.strategy.lora
---@field [1] "lora"
---@field rank? integer Rank of the update: A is (rank, in), B is (out, rank). (1 to 512; default 8)
---@field alpha? number The update is scaled by alpha / rank. (greater than 0; default 32)
---@field dropout? number Dropout on the input of the update only. (at least 0 and less than 1; default 0.1)
---@field targets? string[]|string Names or dotted suffixes of linear sites; one string is a regular expression, or "all-linear". (default { "query", "value" })
---@field exclude? string[]|string Targets to leave out, written as targets are. (default {})
---@field layers? integer[] Only these blocks, counted from 0; empty: all. (0 to 1000; default {})
---@field rank_pattern? table<string, number> Other ranks for some targets, by the end of their names (a regular expression). (1 to 512; default {})
---@field alpha_pattern? table<string, number> Other alphas for some targets, likewise. (greater than 0; default {})
---@field rslora? boolean Scale by alpha / sqrt(rank) instead, so that high ranks learn as fast. (default false)
---@field dora? boolean Train the length of each row of the weight apart from its direction. (default false)
---@field init? "default"|"gaussian" First values of A: U(-1/sqrt(in), 1/sqrt(in)), or normal with deviation 1 / rank. (default "default")
---@field bias? "none"|"lora_only"|"all" Which biases of the model train too: none, those of the targets, or all. (default "none")

---Trains keys and values that stand before those of the text in every block.
---@class engram.strategy.prefix_tuning
---@field [1] "prefix_tuning"
---@field tokens? integer Virtual tokens; texts can be so many tokens shorter. (1 to 512; default 20)
---@field init? "random"|"activations" First values: random, or the keys and values of real tokens. (default "random")
---@field scale? number Standard deviation of random first values. (0 to 10; default 1)
---@field init_data? string For init = "activations": the data set with the real tokens.
---@field mlp? boolean Whether a two-layer network makes the keys and values while training. (default false)
---@field mlp_hidden? integer Hidden size of that network; left out: the width of the keys. (1 to 8192)

---Trains vectors that stand before the word embeddings of every text.
---@class engram.strategy.prompt_tuning
---@field [1] "prompt_tuning"
---@field tokens? integer Soft tokens; texts can be so many tokens shorter. (1 to 512; default 20)
---@field init? "random"|"vocabulary"|"text" First values: random, word embeddings of random tokens, or those of a text. (default "random")
---@field scale? number Standard deviation of random first values. (0 to 10; default 1)
---@field init_text? string For init = "text": cut or repeated to the number of tokens.

---Trains on some examples of the original task among those of the new one.
---@class engram.strategy.replay
---@field [1] "replay"
---@field data string The data set that is replayed, each example to its own task's head.
---@field share? number Share of replayed examples among all that a step sees. (greater than 0 and at most 0.9; default 0.1)
---@field rows? integer Only so many rows are ever replayed, a seeded choice; 0: all. (0 to 1e+09; default 0)

---After training, scores weights between the old and the new ones, and keeps the best.
---@class engram.strategy.weight_interpolation
---@field [1] "weight_interpolation"
---@field alphas? number[] Points that are scored: 0 is the model before training, 1 after it. (0 to 1; default { 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1 })

---One entry of a recipe's `strategies`.
---@alias engram.Strategy engram.strategy.discriminative_lr|engram.strategy.distillation|engram.strategy.ewc|engram.strategy.freezing|engram.strategy.l2_sp|engram.strategy.lora|engram.strategy.prefix_tuning|engram.strategy.prompt_tuning|engram.strategy.replay|engram.strategy.weight_interpolation
