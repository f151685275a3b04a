#include "recipe/unknown_key.hpp"

namespace engram::recipe {
namespace {

std::vector<ForeignName> training_names() {
  const std::string schedule = "schedule = schedule.linear { warmup = 0.1 }";
  const std::string saving = "checkpoints = { every = \"evaluation\" }";
  return {{"num_train_epochs", "train.epochs"},
          {"num_epochs", "train.epochs"},
          {"max_epochs", "train.epochs"},
          {"n_epochs", "train.epochs"},
          {"max_steps", "train.epochs", "a fraction is fine, and stop.limit ends a run after so many steps"},
          {"per_device_train_batch_size", "train.batch_size"},
          {"per_gpu_train_batch_size", "train.batch_size"},
          {"train_batch_size", "train.batch_size"},
          {"bs", "train.batch_size"},
          {"per_device_eval_batch_size", "train.evaluation_batch_size"},
          {"eval_batch_size", "train.evaluation_batch_size"},
          {"gradient_accumulation_steps", "train.accumulation"},
          {"accumulate_grad_batches", "train.accumulation"},
          {"lr", "train.learning_rate"},
          {"rate", "train.learning_rate"},
          {"max_grad_norm", "train.clip"},
          {"gradient_clip_val", "train.clip"},
          {"clip_grad_norm", "train.clip"},
          {"adam_beta1", "train.beta1"},
          {"adam_beta2", "train.beta2"},
          {"betas", "train.beta1", "train = { beta1 = 0.9, beta2 = 0.999 }"},
          {"adam_epsilon", "train.epsilon"},
          {"eps", "train.epsilon"},
          {"wd", "train.weight_decay"},
          {"max_seq_length", "train.max_length"},
          {"max_seq_len", "train.max_length"},
          {"model_max_length", "train.max_length"},
          {"sequence_length", "train.max_length"},
          {"fp16", "train.precision", "train = { precision = \"bf16\" }"},
          {"bf16", "train.precision", "train = { precision = \"bf16\" }"},
          {"mixed_precision", "train.precision", "train = { precision = \"bf16\" }"},
          {"dtype", "train.precision", "train = { precision = \"bf16\" }"},
          {"torch_dtype", "train.precision", "train = { precision = \"bf16\" }"},
          {"no_cuda", "train.device", "train = { device = \"cpu\" }"},
          {"use_cpu", "train.device", "train = { device = \"cpu\" }"},
          {"random_seed", "train.seed"},
          {"data_seed", "train.seed"},
          {"hidden_dropout_prob", "train.dropout"},
          {"attention_probs_dropout_prob", "train.dropout"},
          {"num_workers", "train.threads"},
          {"eval_steps", "train.evaluations_in_first_epoch"},
          {"eval_strategy", "train.evaluations_in_first_epoch"},
          {"evaluation_strategy", "train.evaluations_in_first_epoch"},
          {"save_total_limit", "checkpoints.keep_last"},
          {"save_strategy", "checkpoints.every", saving},
          {"save_steps", "checkpoints.every", saving},
          {"lr_scheduler_type", "schedule", schedule},
          {"lr_scheduler", "schedule", schedule},
          {"scheduler", "schedule", schedule},
          {"warmup", "schedule", schedule},
          {"warmup_ratio", "schedule", schedule},
          {"warmup_steps", "schedule", schedule + ", where 1 and more are steps"},
          {"optim", "", "the optimizer is AdamW; its numbers are train.beta1, train.beta2 and train.epsilon"},
          {"optimizer", "", "the optimizer is AdamW; its numbers are train.beta1, train.beta2 and train.epsilon"},
          {"output_dir", "", "the folder of a run is given on the command line: engram run recipe.lua --out FOLDER"}};
}

std::vector<ForeignName> other_names() {
  const std::string lora = "strategies = { { \"lora\", rank = 8, alpha = 32, targets = { \"query\", \"value\" } } }";
  const std::string score = "the checkpoint with the largest score is kept";
  const std::string stop = "stop = stop.patience { evaluations = 3 }";
  return {{"model_name_or_path", "model"},
          {"model_name", "model"},
          {"model_id", "model"},
          {"base_model", "model"},
          {"pretrained_model_name_or_path", "model"},
          {"dataset", "data"},
          {"datasets", "data"},
          {"train_file", "data", "data = { train = { \"train.csv\", ..., use = \"train\" } }"},
          {"validation_file", "data", "data = { new = { \"dev.csv\", ..., use = \"evaluate\" } }"},
          {"test_file", "data", "data = { new = { \"test.csv\", ..., use = \"evaluate\" } }"},
          {"eval_dataset", "data", "data = { new = { \"dev.csv\", ..., use = \"evaluate\" } }"},
          {"train_dataset", "data", "data = { train = { \"train.csv\", ..., use = \"train\" } }"},
          {"file", "data", "the file is a data set's first entry: data = { train = { \"train.csv\", ... } }"},
          {"path", "data", "the file is a data set's first entry: data = { train = { \"train.csv\", ... } }"},
          {"text_column", "data.<name>.text"},
          {"text_columns", "data.<name>.text"},
          {"sentence1", "data.<name>.text"},
          {"sentence2", "data.<name>.pair"},
          {"text_pair", "data.<name>.pair"},
          {"label_column", "data.<name>.label"},
          {"max_train_samples", "data.<name>.rows"},
          {"max_eval_samples", "data.<name>.rows"},
          {"sep", "data.<name>.delimiter"},
          {"separator", "data.<name>.delimiter"},
          {"id2label", "tasks.<name>.labels"},
          {"label2id", "tasks.<name>.labels"},
          {"label_list", "tasks.<name>.labels"},
          {"num_labels", "tasks.<name>.labels", "their number is counted; labels = { \"bad\", \"good\" } names them"},
          {"compute_metrics", "metrics"},
          {"metric", "metrics"},
          {"metric_for_best_model", "score", score},
          {"greater_is_better", "score", score},
          {"load_best_model_at_end", "score", score},
          {"early_stopping_patience", "stop", stop},
          {"early_stopping", "stop", stop},
          {"patience", "stop", stop},
          {"peft_config", "strategies", lora},
          {"lora", "strategies", lora},
          {"rank", "strategies", lora},
          {"r", "strategies", lora},
          {"lora_alpha", "strategies", lora},
          {"lora_dropout", "strategies", lora},
          {"target_modules", "strategies", lora},
          {"ewc", "strategies", "strategies = { { \"ewc\", data = \"original_train\", lambda = 0.1 } }"},
          {"ewc_lambda", "strategies", "strategies = { { \"ewc\", data = \"original_train\", lambda = 0.1 } }"},
          {"freeze", "strategies", "strategies = { { \"freezing\", keep = \"last 4 blocks\" } }"},
          {"callbacks", "stop", "schedule, score and stop are functions of the recipe"}};
}

}  // namespace

const std::vector<ForeignName>& foreign_options() {
  static const std::vector<ForeignName> names = {
      {"r", "rank"},
      {"lora_r", "rank"},
      {"lora_rank", "rank"},
      {"lora_alpha", "alpha"},
      {"lora_dropout", "dropout"},
      {"target_modules", "targets"},
      {"exclude_modules", "exclude"},
      {"layers_to_transform", "layers"},
      {"use_rslora", "rslora"},
      {"use_dora", "dora"},
      {"init_lora_weights", "init"},
      {"modules_to_save", "", "leave it out: the new task's head always trains, and is saved"},
      {"num_virtual_tokens", "tokens"},
      {"prefix_projection", "mlp"},
      {"encoder_hidden_size", "mlp_hidden"},
      {"prompt_tuning_init", "init"},
      {"prompt_tuning_init_text", "init_text"},
      {"ewc_lambda", "lambda"}};
  return names;
}

const std::vector<ForeignName>& foreign_names() {
  static const std::vector<ForeignName> names = [] {
    std::vector<ForeignName> all = training_names();
    for (ForeignName& name : other_names()) all.push_back(std::move(name));
    return all;
  }();
  return names;
}

}  // namespace engram::recipe
