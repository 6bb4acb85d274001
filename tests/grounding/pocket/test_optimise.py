"""The stacked Muon is `torch.optim.Muon`, and the average begins as the model."""

import torch
from torch import nn

from grounding.pocket.training.optimise import Optimiser, StackedMuon, moving_average, orthogonal


def _gradients(shape: tuple[int, ...], count: int) -> list[torch.Tensor]:
    numbers = torch.Generator().manual_seed(3)
    return [torch.randn(shape, generator=numbers) for _ in range(count)]


def test_a_stack_of_matrices_moves_as_each_would_under_torch_muon() -> None:
    ours = [nn.Parameter(torch.ones(6, 10)), nn.Parameter(torch.ones(6, 10)), nn.Parameter(torch.ones(10, 6))]
    theirs = [nn.Parameter(parameter.detach().clone()) for parameter in ours]
    stacked = StackedMuon(ours, weight_decay=0.1)
    reference = torch.optim.Muon(
        theirs, lr=0.01, weight_decay=0.1, momentum=0.95, ns_steps=4, adjust_lr_fn="match_rms_adamw"
    )
    for step in range(4):
        for index, (mine, its) in enumerate(zip(ours, theirs, strict=True)):
            mine.grad = _gradients(tuple(mine.shape), 3)[index] * (step + 1)
            its.grad = mine.grad.clone()
        stacked.step(0.01)
        reference.step()
    for mine, its in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, its, rtol=0, atol=2e-3)


def test_a_kernel_moves_as_the_matrix_of_its_filters() -> None:
    kernel = nn.Parameter(torch.zeros(4, 3, 3, 3).contiguous(memory_format=torch.channels_last))
    matrix = nn.Parameter(torch.zeros(4, 27))
    kernel.grad = _gradients((4, 3, 3, 3), 1)[0]
    matrix.grad = kernel.grad.permute(0, 2, 3, 1).flatten(1)
    StackedMuon([kernel], 0.0).step(0.1)
    StackedMuon([matrix], 0.0).step(0.1)
    torch.testing.assert_close(kernel.permute(0, 2, 3, 1).flatten(1), matrix)


def test_the_orthogonal_factor_has_singular_values_near_one_and_the_same_singular_vectors() -> None:
    matrices = torch.stack(_gradients((5, 12), 3))
    values = torch.linalg.svdvals(orthogonal(matrices))
    assert ((values > 0.6) & (values < 1.3)).all()
    left, _, right = torch.linalg.svd(matrices, full_matrices=False)
    inner = left.mT @ orthogonal(matrices) @ right.mT
    assert (inner - torch.diag_embed(inner.diagonal(dim1=1, dim2=2))).abs().max() < 0.05


def test_the_optimiser_resumes_as_if_it_had_never_stopped() -> None:
    def run(stop: bool) -> torch.Tensor:
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(4, 8), nn.LayerNorm(8), nn.Linear(8, 2))
        optimiser = Optimiser(model, 0.01, 0.0, 1.0)
        for step in range(4):
            if stop and step == 2:
                kept = optimiser.state_dict()
                optimiser = Optimiser(model, 0.01, 0.0, 1.0)
                optimiser.load_state_dict(kept)
            model(torch.full((3, 4), 0.5 + step)).square().mean().backward()
            optimiser.step(1.0)
        return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])

    torch.testing.assert_close(run(True), run(False), rtol=0, atol=0)


def test_the_first_average_is_the_model_itself() -> None:
    model = nn.Linear(3, 3)
    average = moving_average(model, 0.9)
    average.update_parameters(model)
    torch.testing.assert_close(average.module.weight, model.weight)
